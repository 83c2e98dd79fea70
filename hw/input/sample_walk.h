#pragma once
// Batches through the epochs of a data set.
#include "hw/spec/data_position.h"

namespace weft::hw {

/// Batch after batch from a position on, each whole and within one epoch: what an epoch leaves over at its end, less
/// than a batch, is not used (as with drop_last). With the batch that led to the position it is the walk from the
/// first sample; with another one, too, it takes no sample of the epoch twice and leaves none out but those last ones.
class SampleWalk {
 public:
  /// Preconditions: 1 <= batch <= size, 0 <= from.sample <= size.
  SampleWalk(std::int64_t size, int batch, DataPosition from = {})
      : batch_(batch), batches_(size / batch), left_((size - from.sample) / batch), from_(from) {}

  /// Of the first sample of batch `number`, counted from 0 at the start of the walk.
  DataPosition batch(std::int64_t number) const {
    if (number < left_) return {from_.epoch, from_.sample + number * batch_};
    const std::int64_t further = number - left_;
    return {from_.epoch + 1 + further / batches_, further % batches_ * batch_};
  }

  /// After `batches` batches.
  DataPosition after(std::int64_t batches) const {
    if (batches == 0) return from_;
    const DataPosition last = batch(batches - 1);
    return {last.epoch, last.sample + batch_};
  }

  /// Whole batches until `epochs` epochs, counted from the first of all, are done; 0 if they are.
  std::int64_t batches_until(std::int64_t epochs) const {
    return from_.epoch >= epochs ? 0 : left_ + (epochs - from_.epoch - 1) * batches_;
  }

 private:
  std::int64_t batch_, batches_;
  std::int64_t left_;  ///< batches in the epoch of `from_`
  DataPosition from_;
};

}  // namespace weft::hw
