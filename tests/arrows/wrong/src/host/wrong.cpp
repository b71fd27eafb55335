#include "../air/right.hpp"
#include "weights/npy.hpp"
