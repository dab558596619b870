module github.com/open-telemetry/opentelemetry-collector-contrib/receiver/kafkareceiver

go 1.26.7

require (
	go.opentelemetry.io/collector/component v1.46.0
	go.opentelemetry.io/collector/receiver v1.46.0
)
