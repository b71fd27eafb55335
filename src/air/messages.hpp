#pragma once
// Between protobuf messages and the graph's own values. Decoding moves what it can out of the message.

#include <airloom/graph/graph.hpp>

#include "air/airloom_ir.pb.h"

namespace airloom::air {

using attribute_messages = google::protobuf::Map<std::string, ir::AttrDef>;

// --- reading ---

/// Needs a shape of at most 8 dimensions, each at least 0 or -1, or -2 alone. Throws air_malformed,
/// rank_unsupported.
tensor_description decode_description(ir::TensorDescriptor& message);
/// `contents`: where the data of tensors lie, if they were taken out of the message (air/lean_model.hpp);
/// null where they are in it.
attribute decode_attribute(ir::AttrDef& message, const std::vector<blob>* contents = nullptr);
attribute_map decode_attributes(attribute_messages& messages, const std::vector<blob>* contents = nullptr);
graph decode_graph(ir::GraphDef& message, const std::vector<blob>* contents = nullptr);

// --- writing ---

/// Form A: the four attributes that GE writes on every description are added where they are missing, names
/// are left out. A dimension that is not the same number in all gears is -1.
ir::TensorDescriptor encode_description(const tensor_description& description, const gear_view& gears);
ir::AttrDef encode_attribute(const attribute& value, const gear_view& gears);

// --- both ---

/// Equal messages give equal bytes: map entries are sorted.
std::string serialise(const google::protobuf::Message& message);
/// The same error, with the node that it is about in front.
error at_node(std::string_view name, std::string_view type, const error& e);
/// The size of a dimension as a file says it: -1 where it is not the same number in all gears.
std::int64_t dimension_in_file(const extent& size, const gear_view& gears);

}  // namespace airloom::air
