#pragma once
// Memory after a run, in a file: what `weft fabric --dump` writes is what a check of values reads.
//   name,x,y,element,value
//   c,0,0,0,1.5
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "hw/pe/array_setup.h"
#include "sw/fabric/fabric_file.h"

namespace weft::sw {

/// One element of a dumped vector.
struct DumpedValue {
  int x = 0, y = 0, element = 0;
  double value = 0;
};

/// By PE from the north-west corner, row by row. Throws UsageError where the vector does not lie in memory.
std::vector<DumpedValue> dumped_values(const DumpRule& rule, const FabricFile& file, const hw::ArrayRun& run);

/// All dumps of the file, with its heading.
std::string dump_text(const FabricFile& file, const hw::ArrayRun& run);

/// The values of `name` by (y, x, element). Throws UsageError that names file and line for a line of another form.
std::map<std::tuple<int, int, int>, double> read_dump(const std::filesystem::path& path, const std::string& name);

}  // namespace weft::sw
