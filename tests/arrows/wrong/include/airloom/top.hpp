#include <airloom/shape/shape.hpp>
