#include <airloom/graph/graph.hpp>
