# Which folder may include which, below include/airloom/ and src/ alike: a row for a folder, naming rows above it.
# What a folder may include, it may include with all that stands behind it: air/ may include graph/, and so shape/.
# A row may also name one header of another folder. Headers outside the folders (dtype.hpp, error.hpp, …) may be
# included by all, and may include no folder.
may_include(shape)
may_include(weights)
may_include(world)
may_include(graph    shape world)
may_include(model    graph weights)
may_include(ops      graph model/tensor.hpp)
may_include(nn       ops model)
may_include(air      graph weights)
may_include(host     graph)
may_include(npu      graph air)
may_include(dump     graph)
may_include(compare  dump weights)
may_include(cli      nn host npu world compare)
# Headers that bring much at once are for users: no folder may include them.
may_include(ops.hpp      ops)
may_include(nn.hpp       nn)
may_include(dsl.hpp      nn ops.hpp nn.hpp)
may_include(airloom.hpp  nn host npu world compare dsl.hpp)

# What a user includes to describe a model stays light: no public header includes these libraries (or all of Hana).
set(private_headers "Eigen/|range/|google/|fmt/|nlohmann/|boost/hana\\.hpp")
