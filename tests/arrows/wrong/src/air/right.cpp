#include "air/schema.pb.h"

#include <airloom/dtype.hpp>
#include <airloom/shape/shape.hpp>
#include <vector>

#include "graph/verify.hpp"
#include "wire.hpp"
