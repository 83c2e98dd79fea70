#include "sw/checkpoint/hdf5_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <optional>

#include "sw/checkpoint/byte_channel.h"
#include "sw/checkpoint/hdf5_image.h"
#include "sw/checkpoint/item_list.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

/// What precedes the text of a question, and the bytes of an answer.
struct Head {
  std::uint8_t kind = 0;  ///< a Question; of an answer: 1 good, 0 refused
  std::uint64_t bytes = 0;
  std::uint64_t memory = 0;  ///< of a question
};

// Far more than a good file needs.
constexpr std::uint64_t spare_memory = std::uint64_t{1} << 30;
constexpr std::uint64_t copies_of_image = 4, bytes_per_answer_byte = 4;
constexpr rlim_t spare_seconds = 1, slowest_bytes_per_second = 1 << 22;
constexpr std::uint64_t longest_subject = 1 << 20;

/// Address space in use. From the system, because a sanitizer's share of it is not ours to know.
std::uint64_t memory_in_use() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void limit_memory(std::uint64_t more) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0) return;
  const rlim_t wanted = memory_in_use() + more;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_AS, &limit);
}

/// Processor time for what is to come: the library loops for ever on some damaged files.
void limit_time(std::uint64_t bytes) {
  rlimit limit{};
  rusage used{};
  if (getrlimit(RLIMIT_CPU, &limit) != 0 || getrusage(RUSAGE_SELF, &used) != 0) return;
  const rlim_t so_far = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1;
  const rlim_t wanted = so_far + spare_seconds + bytes / slowest_bytes_per_second;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_CPU, &limit);
}

void limit_harm(std::uint64_t image_bytes) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  limit_time(image_bytes);
  limit_memory(spare_memory + copies_of_image * image_bytes);
  // What the library or a sanitizer says about a damaged file is not for the user.
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU}) signal(number, SIG_DFL);
}

template <class Value>
std::vector<std::uint8_t> bytes_of(const Value* values, std::size_t count) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(values);
  return {begin, begin + count * sizeof(Value)};
}

std::vector<std::uint8_t> answer_to(Hdf5Child::Question question, const std::string& subject, const Hdf5Image& image) {
  using Question = Hdf5Child::Question;
  const auto of_text = [](const std::string& text) { return bytes_of(text.data(), text.size()); };
  switch (question) {
    case Question::items:
      return packed_items(image.items());
    case Question::values: {
      const std::vector<float> values = image.values(subject);
      return bytes_of(values.data(), values.size());
    }
    case Question::integers: {
      const std::vector<std::int64_t> values = image.integers(subject);
      return bytes_of(values.data(), values.size());
    }
    case Question::integer: {
      const std::int64_t value = image.integer(subject);
      return bytes_of(&value, 1);
    }
    case Question::real: {
      const double value = image.real(subject);
      return bytes_of(&value, 1);
    }
    case Question::text:
      return of_text(image.text(subject));
    case Question::attribute:
      return of_text(image.attribute(subject));
  }
  return {};
}

/// Answers until nobody asks any more.
void serve(int channel, const std::vector<std::uint8_t>& bytes) {
  limit_harm(bytes.size());
  std::optional<Hdf5Image> image;
  Head head;
  while (receive_all(channel, &head, sizeof head)) {
    std::string subject(head.bytes, '\0');
    if (!receive_all(channel, subject.data(), subject.size())) return;
    std::vector<std::uint8_t> answer;
    bool good = false;
    try {
      if (head.memory > 0) limit_memory(spare_memory + bytes_per_answer_byte * head.memory);
      const auto question = static_cast<Hdf5Child::Question>(head.kind);
      const bool is_tensor = question == Hdf5Child::Question::values || question == Hdf5Child::Question::integers;
      limit_time(bytes.size() + (is_tensor ? head.memory : 0));
      if (!image) image.emplace(bytes);
      answer = answer_to(question, subject, *image);
      good = true;
    } catch (const UsageError& error) {
      answer = bytes_of(error.what(), std::strlen(error.what()));
    } catch (const std::bad_alloc&) {
      constexpr const char* text = "is damaged: it asks for more memory than its size explains";
      answer = bytes_of(text, std::strlen(text));
    }
    const Head reply{static_cast<std::uint8_t>(good ? 1 : 0), answer.size(), 0};
    if (!send_all(channel, &reply, sizeof reply) || !send_all(channel, answer.data(), answer.size())) return;
  }
}

}  // namespace

Hdf5Child::Hdf5Child(const std::vector<std::uint8_t>& image) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw UsageError(fmt::format("cannot be read: no socket: {}", std::strerror(errno)));
  process_ = fork();
  if (process_ == 0) {
    ::close(ends[0]);
    serve(ends[1], image);
    _exit(0);
  }
  ::close(ends[1]);
  channel_ = ends[0];
  if (process_ < 0) {
    const int reason = errno;
    ::close(channel_);
    throw UsageError(fmt::format("cannot be read: no process: {}", std::strerror(reason)));
  }
}

Hdf5Child::~Hdf5Child() {
  ::close(channel_);
  if (process_ > 0) {
    kill(process_, SIGKILL);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::vector<std::uint8_t> Hdf5Child::ask(Question question, const std::string& subject, std::uint64_t bytes) {
  const Head head{static_cast<std::uint8_t>(question), std::min<std::uint64_t>(subject.size(), longest_subject), bytes};
  Head reply;
  if (process_ <= 0 || !send_all(channel_, &head, sizeof head) || !send_all(channel_, subject.data(), head.bytes) ||
      !receive_all(channel_, &reply, sizeof reply))
    refuse_ended();
  constexpr std::uint64_t longest_refusal = 1 << 20;
  if (reply.bytes > (reply.kind == 1 ? bytes : longest_refusal)) refuse_ended();
  std::vector<std::uint8_t> answer(reply.bytes);
  if (!receive_all(channel_, answer.data(), answer.size())) refuse_ended();
  if (reply.kind != 1) throw UsageError(std::string(answer.begin(), answer.end()));
  return answer;
}

void Hdf5Child::refuse_ended() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
  }
  throw UsageError("is damaged: HDF5's library cannot stand to read it");
}

}  // namespace weft::sw
