#include "sw/checkpoint/item_list.h"

#include <nlohmann/json.hpp>

#include "tlm/base/error.h"

namespace weft::sw {

// MessagePack: names may hold any bytes.
std::vector<std::uint8_t> packed_items(const std::vector<Hdf5Item>& items) {
  nlohmann::json list = nlohmann::json::array();
  for (const Hdf5Item& item : items)
    list.push_back({nlohmann::json::binary({item.path.begin(), item.path.end()}), static_cast<int>(item.kind),
                    item.type, item.shape});
  return nlohmann::json::to_msgpack(list);
}

std::vector<Hdf5Item> unpacked_items(const std::vector<std::uint8_t>& bytes) {
  const nlohmann::json list = nlohmann::json::from_msgpack(bytes, true, false);
  std::vector<Hdf5Item> items;
  try {
    for (const nlohmann::json& entry : list) {
      const auto& path = entry.at(0).get_binary();
      const int kind = entry.at(1).get<int>();
      if (kind < 0 || kind > static_cast<int>(Hdf5Item::Kind::other))
        throw UsageError("its list of tensors is damaged");
      items.push_back({std::string(path.begin(), path.end()), static_cast<Hdf5Item::Kind>(kind),
                       entry.at(2).get<std::string>(), entry.at(3).get<std::vector<std::int64_t>>()});
    }
  } catch (const nlohmann::json::exception&) {
    throw UsageError("its list of tensors is damaged");
  }
  return items;
}

}  // namespace weft::sw
