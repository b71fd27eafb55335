#pragma once
// Everything that describes a model, and nothing that runs one: no Eigen, no protobuf, no <string>.

#include <airloom/model/record.hpp>
#include <airloom/nn.hpp>
#include <airloom/ops.hpp>
