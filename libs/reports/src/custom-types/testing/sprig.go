// Renders templates with Go's own engine and Sprig's functions: a JSON text a line in, {"output"} or {"error"} a line out.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	data := map[string]any{
		"l": []any{"a", 1, nil, true, 2.5}, "s": []any{"b", "a", "b"}, "e": []any{}, "n": nil,
		"t": "text", "i": 7, "f": 2.7, "m": map[string]any{"b": 1, "a": []any{"<x>"}},
	}
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			panic(err)
		}
		var b bytes.Buffer
		t, err := template.New("t").Funcs(sprig.TxtFuncMap()).Parse(text)
		if err == nil {
			err = t.Execute(&b, data)
		}
		if err != nil {
			out.Encode(map[string]string{"error": err.Error()})
		} else {
			out.Encode(map[string]string{"output": b.String()})
		}
	}
}
