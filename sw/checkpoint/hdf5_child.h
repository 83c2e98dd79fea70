#pragma once
// HDF5's library in a process of its own: where a damaged file makes it crash, loop or ask for all memory, that process
// ends, and the program says so.
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weft::sw {

class Hdf5Child {
 public:
  enum class Question : std::uint8_t { items, values, integers, integer, real, text, attribute };

  /// Forks; the child reads `image` as it is now. Call it before threads that hold locks of the allocator.
  explicit Hdf5Child(const std::vector<std::uint8_t>& image);
  ~Hdf5Child();
  Hdf5Child(const Hdf5Child&) = delete;
  Hdf5Child& operator=(const Hdf5Child&) = delete;

  /// The bytes of the answer; `subject` is a path or a name. `bytes`: what the answer may take at most, and what the
  /// child may ask for beyond its share. Throws UsageError with the child's words, or that it ended.
  std::vector<std::uint8_t> ask(Question question, const std::string& subject, std::uint64_t bytes);

 private:
  [[noreturn]] void refuse_ended();
  pid_t process_ = -1;
  int channel_ = -1;
};

}  // namespace weft::sw
