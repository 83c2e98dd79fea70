#pragma once
// Ctrl-C ends the run after the step that is under way; a second one ends the process.
#include <functional>

#include "hw/spec/run_control.h"

namespace weft::sw {

/// While it lives, SIGINT and SIGTERM are taken. One at a time.
class StopRequest final : public hw::RunControl {
 public:
  /// `failed` is asked too: true ends the run the same way.
  explicit StopRequest(std::function<bool()> failed);
  ~StopRequest() override;
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  bool may_start(int stage, std::int64_t step) override;
  bool requested() const;

 private:
  std::function<bool()> failed_;
};

}  // namespace weft::sw
