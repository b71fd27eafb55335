#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/air/export_ranks.hpp>
#include <airloom/graph/graph.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "text.hpp"

namespace airloom::air {

namespace {

using json = nlohmann::ordered_json;  // keys stay in TorchAir's order

/// As Python's json.dump writes it with indent 4 and other alphabets kept.
std::string text_of(const json& document) {
  constexpr int indent = 4;
  return document.dump(indent, ' ', false);
}

[[noreturn]] void refuse(const std::string& happened) {
  throw error{error_code::usage, happened,
              "Place every rank once, on nodes with ids and addresses of their own."};
}

void check_text(const cluster_node& node, std::string_view what, const std::string& text) {
  const auto is_control = [](char character) { return static_cast<unsigned char>(character) < 0x20; };
  if (text.empty() || !is_utf8(text) || std::any_of(text.begin(), text.end(), is_control))
    refuse(fmt::format("The {} of node {} is {}.", what, node.id, in_quotes(text)));
}

void check_node(const cluster_node& node) {
  constexpr int ports_end = 65536;
  if (node.id < 0) refuse(fmt::format("A node has the id {}.", node.id));
  if (node.port <= 0 || node.port >= ports_end)
    refuse(fmt::format("Node {} has the port {}.", node.id, node.port));
  check_text(node, "type", node.type);
  check_text(node, "address", node.address);
}

void check_placement(const std::vector<cluster_node>& nodes, int ranks) {
  std::set<int> ids, placed;
  for (const cluster_node& node : nodes) {
    check_node(node);
    if (!ids.insert(node.id).second) refuse(fmt::format("Two nodes have the id {}.", node.id));
    for (const int rank : node.ranks) {
      if (rank < 0 || rank >= ranks)
        refuse(fmt::format("Node {} has rank {}, but the ranks are 0 to {}.", node.id, rank, ranks - 1));
      if (!placed.insert(rank).second) refuse(fmt::format("Rank {} is placed twice.", rank));
    }
  }
  for (int rank = 0; rank != ranks; ++rank)
    if (!placed.contains(rank)) refuse(fmt::format("Rank {} is on no node.", rank));
}

/// The nodes as asked for, or one with all ranks; refused where they do not hold every rank once.
std::vector<cluster_node> nodes_of(const deployment& deploy, std::size_t ranks) {
  if (ranks == 0) refuse("There is no rank to deploy.");
  std::vector<cluster_node> nodes = deploy.nodes;
  if (nodes.empty()) {
    cluster_node& only = nodes.emplace_back();
    for (std::size_t rank = 0; rank != ranks; ++rank) only.ranks.push_back(static_cast<int>(rank));
  }
  check_placement(nodes, static_cast<int>(ranks));
  if (deploy.device_type.empty() || !is_utf8(deploy.device_type))
    refuse(fmt::format("The type of devices is {}.", in_quotes(deploy.device_type)));
  return nodes;
}

/// Where a rank runs, as "cluster:node:device".
std::string device_of(const std::vector<cluster_node>& nodes, int rank) {
  for (const cluster_node& node : nodes)
    for (std::size_t device = 0; device != node.ranks.size(); ++device)
      if (node.ranks[device] == rank) return fmt::format("0:{}:{}", node.id, device);
  return {};
}

json groups_of(const rank_graphs& ranks) {
  json list = json::array();
  for (const rank_group& group : groups_in_use(ranks)) {
    if (group.ranks.empty())
      throw error{error_code::ranks_disagree,
                  fmt::format("Nobody says which ranks the group {} has.", in_quotes(group.name)),
                  "Describe the group with its ranks, or name it tag=…;rank_list=…."};
    list.push_back(
        {{"group_name", group.name}, {"group_rank_list", fmt::format("[{}]", fmt::join(group.ranks, ", "))}});
  }
  return list;
}

}  // namespace

std::string model_relation_text(const std::string& name, const rank_graphs& ranks, const deployment& deploy) {
  const std::vector<cluster_node> nodes = nodes_of(deploy, ranks.size());
  json devices = json::array(), instances = json::array(), table = json::array();
  for (int rank = 0; rank != static_cast<int>(ranks.size()); ++rank) {
    const std::string file = fmt::format("{}{}.air", name, rank);
    devices.push_back({{"submodel_name", file}, {"deploy_device_id_list", device_of(nodes, rank)}});
    instances.push_back({{"submodel_name", file}, {"model_instance_id", rank}});
    table.push_back({{"rank_id", rank}, {"model_instance_id", rank}});
  }
  return text_of({{"deploy_config", devices},
                  {"model_name_to_instance_id", instances},
                  {"comm_group", groups_of(ranks)},
                  {"rank_table", table}});
}

std::string numa_text(std::size_t ranks, const deployment& deploy) {
  json cluster = json::array();
  for (const cluster_node& node : nodes_of(deploy, ranks)) {
    json devices = json::array();
    for (std::size_t device = 0; device != node.ranks.size(); ++device)
      devices.push_back({{"item_id", device}});
    cluster.push_back({{"node_id", node.id},
                       {"node_type", node.type},
                       {"ipaddr", node.address},
                       {"port", node.port},
                       {"item_list", devices}});
  }
  const json device = {{"item_type", deploy.device_type}};
  json whole = json::object();  // the misspelt key is TorchAir's, and what reads the file looks for it
  whole["cluster"] = json::array({{{"cluster_nodes", cluster}, {"nodes_toplogy", json::object()}}});
  whole["item_def"] = json::array({device});
  whole["node_def"] = json::array({{{"item", json::array({device})}}});
  return text_of(whole);
}

}  // namespace airloom::air
