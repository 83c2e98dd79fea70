#pragma once
// The largest networks that a model file may describe.
namespace weft::sw {

constexpr int kMaxFeatures = 1 << 20;
constexpr int kMaxLayers = 1024;
/// Rows of a table: an id has 16 bits, of which 0xffff says that there is none.
constexpr int kMostIds = 0xffff;

}  // namespace weft::sw
