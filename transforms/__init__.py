"""What is computed: pure functions, LazyFrame to LazyFrame."""
