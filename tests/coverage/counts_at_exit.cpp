// Counts of processes that do not come to exit(), where gcov writes them: a child that reads a damaged file ends by
// _exit, or is killed when nobody asks it any more. Linked with --wrap into builds with WEFT_COVERAGE.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

void write_counts() __asm__("__gcov_dump");
[[noreturn]] void exit_at_once(int code) __asm__("__real__exit");
[[noreturn]] void exit_with_counts(int code) __asm__("__wrap__exit");
int kill_now(pid_t process, int number) __asm__("__real_kill");
int kill_after_its_end(pid_t process, int number) __asm__("__wrap_kill");

void exit_with_counts(int code) {
  write_counts();
  exit_at_once(code);
}

/// Gives a child some time to end by itself.
int kill_after_its_end(pid_t process, int number) {
  siginfo_t ended{};
  for (int look = 0; number == SIGKILL && look < 100 && ended.si_pid == 0; ++look) {
    if (waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOHANG | WNOWAIT) != 0) break;
    if (ended.si_pid == 0) usleep(2000);
  }
  return kill_now(process, number);
}
