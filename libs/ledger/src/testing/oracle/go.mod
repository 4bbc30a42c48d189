module oracle

go 1.18

require golang.org/x/mod v0.18.0
