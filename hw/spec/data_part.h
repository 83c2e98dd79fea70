#pragma once
namespace weft::hw {

/// The parts that people cut a data set into.
enum class DataPart { train, val, test };

}  // namespace weft::hw
