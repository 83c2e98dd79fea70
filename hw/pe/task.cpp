#include "hw/pe/task.h"

#include <fmt/format.h>

namespace weft::hw {

std::uint32_t encode(const Task& task) {
  return static_cast<std::uint32_t>(task.entry) | static_cast<std::uint32_t>(task.trigger) << 6 |
         static_cast<std::uint32_t>(task.source) << 8 | static_cast<std::uint32_t>(task.thread) << 14 | 1U << 15;
}

std::optional<Task> decode_task(std::uint32_t word) {
  if ((word >> 15 & 1) == 0) return std::nullopt;
  return Task{static_cast<Trigger>(word >> 6 & 3), static_cast<int>(word >> 8 & 0x1f), static_cast<int>(word & 0x3f),
              static_cast<int>(word >> 14 & 1)};
}

std::string to_string(const Task& task, int number) {
  const std::string text = fmt::format("task {} thread={}", number, task.thread);
  switch (task.trigger) {
    case Trigger::data:
      return text + fmt::format(" data={}", task.source);
    case Trigger::control:
      return text + fmt::format(" control={}", task.source);
    case Trigger::completion:
      return text + fmt::format(" completion={}", task.source);
    default:
      return text + " launch";
  }
}

}  // namespace weft::hw
