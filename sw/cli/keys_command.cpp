#include "sw/cli/keys_command.h"

#include <cstdio>

#include "sw/graph/model_page.h"

namespace weft::sw {

int KeysCommand::run() {
  std::fputs(model_page().c_str(), stdout);
  return 0;
}

}  // namespace weft::sw
