#include "hw/input/dataset_source.h"

#include <algorithm>
#include <utility>

namespace weft::hw {

DatasetSource::DatasetSource(const Job& job, Dataset train, Dataset test, bool shuffle, std::uint64_t shuffle_seed,
                             std::optional<DataPosition> from)
    : OrderedSource(job, {train.size(), test.size()}, shuffle, shuffle_seed, from),
      train_(std::move(train)),
      test_(std::move(test)),
      features_(std::max(train_.features, test_.features)) {}

void DatasetSource::write(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const {
  const Dataset& data = place.train ? train_ : test_;
  std::copy_n(data.sample(place.index), features_, samples);
  *labels = data.labels[static_cast<std::size_t>(place.index)];
}

}  // namespace weft::hw
