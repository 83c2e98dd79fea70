// A process that ends by _exit (a child that reads a damaged file) leaves its counts, too: gcov writes them only at exit().
// Linked with -Wl,--wrap=_exit into builds with WEFT_COVERAGE.

void write_counts() __asm__("__gcov_dump");
[[noreturn]] void exit_at_once(int code) __asm__("__real__exit");
[[noreturn]] void exit_with_counts(int code) __asm__("__wrap__exit");

void exit_with_counts(int code) {
  write_counts();
  exit_at_once(code);
}
