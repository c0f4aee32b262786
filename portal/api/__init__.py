"""The API for internal systems: what every resource shares. Each app brings its resources in an `api` package of its own."""
