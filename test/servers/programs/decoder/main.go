// Reads objects from standard input as an API server of the version that it is built with does, strictly: a field that
// the version does not know is an error. Kinds of custom resources are passed over.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	failed := false
	for {
		document, err := documents.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(err)
		}
		_, kind, err := decoder.Decode(document, nil, nil)
		if runtime.IsNotRegisteredError(err) {
			fmt.Println("custom")
			continue
		}
		if runtime.IsMissingKind(err) {
			continue // A document of comments alone.
		}
		if err != nil {
			failed = true
			fmt.Println("wrong", kind, err)
			continue
		}
		fmt.Println("read", kind)
	}
	if failed {
		os.Exit(1)
	}
}
