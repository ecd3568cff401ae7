# What ladder_lesson() does not know about this rung.

# They start each other.
add_dependencies(15_beyond_one_machine private_cluster)
