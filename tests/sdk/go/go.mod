module sojourn-sdk-tests

go 1.20

require github.com/segmentio/analytics-go/v3 v3.3.0
