#pragma once
// What one call of the program asks for, flags and model file resolved.
#include <filesystem>
#include <string>
#include <vector>

#include "sw/graph/model_file.h"
#include "sw/kernels/launch_runner.h"

namespace weft::sw {

struct WaveformSettings {
  std::filesystem::path file;       ///< empty: no trace
  std::vector<std::string> scopes;  ///< phases, links, pes
  LaunchRunner::Pes pes;            ///< scope pes: these; imply pe_programs
};

struct RunSettings {
  std::string model = "fc_mnist";
  std::string machine = "mini";
  std::filesystem::path root;                ///< holds hw/machines, sw/models
  std::filesystem::path data_root;           ///< where the launcher keeps data sets: WEFT_DATA, else <root>/data
  std::filesystem::path data_dir;            ///< empty: the model file's
  std::filesystem::path model_dir;           ///< empty: runs/<model>/<time>
  std::vector<std::string> model_overrides;  ///< "runconfig.max_steps=10"
  std::vector<std::string> machine_overrides;
  std::filesystem::path checkpoint;  ///< empty: start anew, or with `resume` the latest of model_dir
  bool resume = false;
  bool resume_changed = false;    ///< go on although settings that decide the bits are others
  double checkpoint_minutes = 0;  ///< of the host, between two checkpoints; 0: none by the clock
  bool overwrite = false;         ///< put the outputs of the run that model_dir holds aside
  std::string command;            ///< as the program was called
  std::filesystem::path plan;     ///< empty: plan now
  std::filesystem::path
      initial_weights;  ///< start anew from the weights alone of this checkpoint; empty: from the seed
  int threads = 1;
  int cut_rows = 1, cut_columns = 1;
  bool fast_forward = true;
  bool timing_only = false;  ///< no values, the same times
  bool pe_programs = false;  ///< matrix launches also run as PE programs
  bool explain = false;      ///< of the last step one launch of each kind: what held it up inside
  TileRegion rtl_region;     ///< with Verilated tiles here; implies pe_programs
  WaveformSettings waveform;
};

}  // namespace weft::sw
