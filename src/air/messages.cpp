#include "air/messages.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "text.hpp"

namespace airloom::air {

std::string serialise(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream{&bytes};
    google::protobuf::io::CodedOutputStream coded{&stream};
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

error at_node(std::string_view name, std::string_view type, const error& e) {
  return {e.code(), fmt::format("Node {} of type {}: {}", in_quotes(name), in_quotes(type), e.happened()),
          e.remedy()};
}

std::int64_t dimension_in_file(const extent& size, const gear_view& gears) {
  if (!size.is_known()) return -1;
  const std::int64_t first = size.size_in(gears, 0);
  return first_misfit(size, extent{first}, gears) == no_gear ? first : -1;
}

}  // namespace airloom::air
