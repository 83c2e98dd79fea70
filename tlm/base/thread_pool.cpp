#include "tlm/base/thread_pool.h"

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
}

void ThreadPool::take_parts(const std::function<void(int)>& task, std::unique_lock<std::mutex>& lock) {
  while (next_ < parts_) {
    const int part = next_++;
    ++running_;
    lock.unlock();
    task(part);
    lock.lock();
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
