#include <Eigen/Core>
#include <airloom/shape/shape.hpp>
#include <boost/hana/adapt_struct.hpp>
