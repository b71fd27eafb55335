#include <airloom/model/model.hpp>
#include <airloom/model/tensor.hpp>
