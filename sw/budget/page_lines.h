#pragma once
// Lines of a page of 80 columns: name, value, and the formula that the value comes from.
#include <string>

namespace weft::sw {

class PageLines {
 public:
  void heading(const std::string& text);
  /// A formula that is too long goes on in the next line, under itself.
  void line(const std::string& name, const std::string& value, const std::string& formula);
  void row(const std::string& text) { text_ += text + "\n"; }
  /// Wrapped after the mark.
  void paragraph(const std::string& mark, const std::string& text);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// 36.6 GB, 1.72 TB: three digits, decimal prefixes.
std::string bytes_text(double bytes);
/// 1730 s, 10.7 s, 46.1 ms: at least three digits.
std::string seconds_text(double seconds);

}  // namespace weft::sw
