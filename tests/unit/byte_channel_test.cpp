// Question: does a message between two processes arrive whole, whatever signals come, and end when the other is gone?
#include "sw/checkpoint/byte_channel.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

using namespace weft::sw;

namespace {

struct Sockets {
  Sockets() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); }
  ~Sockets() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  int ends[2] = {-1, -1};
};

std::atomic<int> interruptions{0};

/// A signal each 5 ms, in this thread alone, that ends what waits in the system.
void interrupt_often(bool on) {
  struct sigaction action {};
  action.sa_handler = [](int) { ++interruptions; };
  sigaction(SIGALRM, &action, nullptr);
  const itimerval often = on ? itimerval{{0, 5000}, {0, 5000}} : itimerval{};
  setitimer(ITIMER_REAL, &often, nullptr);
}

template <class Action>
std::thread without_signals(Action action) {
  return std::thread([action] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    action();
  });
}

std::vector<std::uint32_t> numbers(std::size_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 1);
  return all;
}

}  // namespace

TEST_CASE("a message in pieces is received whole, with signals while it is waited for") {
  const Sockets sockets;
  const std::vector<std::uint32_t> sent = numbers(1000);
  std::thread other = without_signals([&] {
    for (std::size_t at = 0; at < sent.size(); at += 250) {
      send_all(sockets.ends[1], sent.data() + at, 250 * sizeof sent[0]);
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
  });
  std::vector<std::uint32_t> received(sent.size());
  interruptions = 0;
  interrupt_often(true);
  const bool whole = receive_all(sockets.ends[0], received.data(), received.size() * sizeof received[0]);
  interrupt_often(false);
  other.join();
  CHECK(whole);
  CHECK(received == sent);
  CHECK(interruptions > 0);
}

TEST_CASE("a message that is longer than what the socket holds is sent whole, with signals while there is no room") {
  const Sockets sockets;
  const std::vector<std::uint32_t> sent = numbers(1 << 20);
  std::vector<std::uint32_t> received(sent.size());
  std::thread other =
      without_signals([&] { receive_all(sockets.ends[1], received.data(), received.size() * sizeof received[0]); });
  interruptions = 0;
  interrupt_often(true);
  const bool whole = send_all(sockets.ends[0], sent.data(), sent.size() * sizeof sent[0]);
  interrupt_often(false);
  if (!whole) shutdown(sockets.ends[0], SHUT_RDWR);
  other.join();
  CHECK(whole);
  CHECK(received == sent);
  CHECK(interruptions > 0);
}

TEST_CASE("when the other is gone a message fails at once") {
  Sockets sockets;
  ::close(sockets.ends[1]);
  sockets.ends[1] = -1;
  std::uint32_t word = 7;
  CHECK_FALSE(send_all(sockets.ends[0], &word, sizeof word));
  CHECK_FALSE(receive_all(sockets.ends[0], &word, sizeof word));
  CHECK(word == 7);
}
