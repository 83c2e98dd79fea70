#pragma once
// The largest networks that a model file may describe.
namespace weft::sw {

constexpr int kMaxFeatures = 1 << 20;
constexpr int kMaxLayers = 1024;

}  // namespace weft::sw
