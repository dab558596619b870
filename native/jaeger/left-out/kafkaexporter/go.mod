module github.com/open-telemetry/opentelemetry-collector-contrib/exporter/kafkaexporter

go 1.26.7

require (
	go.opentelemetry.io/collector/component v1.46.0
	go.opentelemetry.io/collector/exporter v1.46.0
)
