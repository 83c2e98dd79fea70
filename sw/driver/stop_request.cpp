#include "sw/driver/stop_request.h"

#include <unistd.h>

#include <csignal>
#include <utility>

namespace weft::sw {

namespace {

// A signal handler can reach nothing but an object of static storage.
volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
  stop_requested = 1;
  std::signal(signal, signal == SIGPIPE ? SIG_IGN : SIG_DFL);
  if (signal == SIGPIPE) return;
  constexpr char text[] = "\nweft: stopping after this step; once more stops at once and loses the run\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);  // printf may not be used here
}

}  // namespace

StopRequest::StopRequest(std::function<bool()> failed) : failed_(std::move(failed)) {
  stop_requested = 0;
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  std::signal(SIGPIPE, request_stop);  // Ctrl-C also ends the `tee` that reads our log
}

StopRequest::~StopRequest() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);  // what is still to be flushed ends in an exit code
}

bool StopRequest::requested() const { return stop_requested != 0; }
bool StopRequest::may_start(int, std::int64_t) { return !requested() && !failed_(); }

}  // namespace weft::sw
