#include "tlm/base/host_stack.h"

#include <pthread.h>

#include <cstddef>

// Of the sanitizers' common interface, which the compiler's runtime defines; null in a program without it.
extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** fake, const void* bottom, std::size_t size);        // NOLINT
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* fake, const void** bottom_old, std::size_t* size);  // NOLINT
}

namespace weft {

void back_on_host_stack() {
  if (!__sanitizer_start_switch_fiber || !__sanitizer_finish_switch_fiber) return;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void *bottom = nullptr, *fake = nullptr;
  std::size_t size = 0;
  if (pthread_attr_getstack(&attributes, &bottom, &size) == 0) {
    __sanitizer_start_switch_fiber(&fake, bottom, size);
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
  }
  pthread_attr_destroy(&attributes);
}

}  // namespace weft
