#include "tlm/base/thread_pool.h"

#include <utility>

namespace weft {

ThreadPool::ThreadPool(int threads) {
  for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(int parts, const std::function<void(int)>& task) {
  if (workers_.empty()) {
    for (int part = 0; part < parts; ++part) task(part);
    return;
  }
  std::unique_lock<std::mutex> lock(mutex_);
  task_ = &task;
  next_ = 0;
  parts_ = parts;
  start_.notify_all();
  take_parts(task, lock);
  done_.wait(lock, [this] { return running_ == 0; });
  task_ = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::failed(int part, std::exception_ptr why) {
  if (failure_ && failed_part_ < part) return;
  failed_part_ = part;
  failure_ = std::move(why);
}

void ThreadPool::take_parts(const std::function<void(int)>& task, std::unique_lock<std::mutex>& lock) {
  while (next_ < parts_) {
    const int part = next_++;
    ++running_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      task(part);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure) failed(part, std::move(failure));
    --running_;
  }
}

void ThreadPool::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    start_.wait(lock, [this] { return stop_ || (task_ && next_ < parts_); });
    if (stop_) return;
    take_parts(*task_, lock);
    if (running_ == 0) done_.notify_one();
  }
}

}  // namespace weft
