#pragma once
// Machine files: hw/machines/*.yaml -> MachineSpec. Each number stands beside its source; a file's section `sources`
// spells the keys out. A file may say which machine it is based on, `base: wse2` or a path from its own folder; then it
// holds only what is otherwise. A key that is null is not taken from the base. `schema: weft-machine-2` says which
// version of these files it is; one without is of version 1, which is read too.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "hw/spec/machine.h"
#include "tlm/base/yaml_reader.h"

namespace weft::hw {

struct MachineSource {
  std::string title, where;
};

struct MachineFile {
  MachineSpec spec;
  std::vector<ResolvedValue> values;             ///< every number of `spec`, with its origin and source
  std::map<std::string, MachineSource> sources;  ///< by key
};

/// `name_or_path`: "mini", or the path of a .yaml file; names are looked up in `machines_dir`.
/// `overrides`: "pe.sram_bytes=65536". Throws UsageError for an unknown machine, an unknown key, a value outside its
/// range, a machine that cannot work (a rectangle larger than the fabric, queues too shallow for full rate ...), and a
/// base that is not there or is based on this one; each message says which file.
MachineFile read_machine(const std::string& name_or_path, const std::filesystem::path& machines_dir,
                         const std::vector<std::string>& overrides = {});

/// The same from a text; `name` is for messages, and a path of `base` begins in its folder.
MachineFile parse_machine(const std::string& text, const std::filesystem::path& name,
                          const std::filesystem::path& machines_dir, const std::vector<std::string>& overrides = {});

/// read_machine without the origins.
MachineSpec load_machine(const std::string& name_or_path, const std::filesystem::path& machines_dir,
                         const std::vector<std::string>& overrides = {});

}  // namespace weft::hw
