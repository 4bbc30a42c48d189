// Reads NetworkPolicies and connections as JSON; prints of each connection whether they allow it, by the evaluator of
// cyclonus, which network plugins are held against.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	networkingv1 "k8s.io/api/networking/v1"
)

func main() {
	var question struct {
		Policies    []*networkingv1.NetworkPolicy
		Connections []*matcher.Traffic
	}
	if err := json.NewDecoder(os.Stdin).Decode(&question); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	policies := matcher.BuildNetworkPolicies(false, question.Policies)
	for _, connection := range question.Connections {
		fmt.Println(policies.IsTrafficAllowed(connection).IsAllowed())
	}
}
