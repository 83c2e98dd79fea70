#pragma once
// A fixed set of host threads that run independent index ranges. Results must not depend on which thread runs what:
// callers write disjoint output per index, so they do not depend on the number of threads either.
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weft {

class ThreadPool {
 public:
  /// `threads` >= 1; the caller of run() is one of them.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }
  /// Calls task(part) for part in [0, parts) and returns when all are done. Not reentrant. Where tasks throw, the
  /// exception of the lowest part is thrown again when all are done.
  void run(int parts, const std::function<void(int)>& task);

 private:
  void work();
  void take_parts(const std::function<void(int)>& task, std::unique_lock<std::mutex>& lock);
  void failed(int part, std::exception_ptr why);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  const std::function<void(int)>* task_ = nullptr;
  int next_ = 0, parts_ = 0, running_ = 0;
  int failed_part_ = 0;
  std::exception_ptr failure_;  ///< of that part
  bool stop_ = false;
};

}  // namespace weft
