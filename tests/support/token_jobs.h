#pragma once
// Jobs of one stage whose samples are sequences of tokens.
#include "hw/spec/job.h"

namespace weft::test {

struct TokenJob {
  int length = 1;  ///< tokens of a sequence
  int batch = 1;   ///< sequences
  std::int64_t steps = 1;

  hw::Job of(bool train, int systems, int micro_batches, std::int64_t first_step = 0) const {
    hw::Job job;
    job.sample_tokens = length;
    job.batch = batch * length;
    job.systems = systems;
    job.micro_batches = micro_batches;
    job.stages = {{train, steps}};
    job.first_step = first_step;
    return job;
  }
};

}  // namespace weft::test
