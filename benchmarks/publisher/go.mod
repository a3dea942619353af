module publisher

go 1.24
