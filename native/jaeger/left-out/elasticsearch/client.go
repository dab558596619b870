// Package elasticsearch stands in for the client of Elasticsearch, a third of all packages of Jaeger, which the shop does
// not use: it has what Jaeger refers to, and connects to nothing.
package elasticsearch

import (
	"errors"
	"net/http"

	"github.com/elastic/go-elasticsearch/v9/esapi"
)

type Config struct {
	Addresses            []string
	Username, Password   string
	DiscoverNodesOnStart bool
	CompressRequestBody  bool
	Header               http.Header
	Transport            http.RoundTripper
}

type Client struct {
	Indices *esapi.Indices
}

func NewClient(Config) (*Client, error) {
	return nil, errors.New("this Jaeger was compiled without Elasticsearch")
}
