#pragma once
// For AddressSanitizer: on which stack the host's thread runs.

namespace weft {

/// To be called on the thread's own stack when a SystemC simulation has come back to it. SystemC 2.3.4 tells the
/// sanitizer each switch to a coroutine's stack but not the last one back, so that the first exception after the
/// simulation, and the search for leaks, would look at the wrong stack. Does nothing in a program without sanitizer.
void back_on_host_stack();

}  // namespace weft
