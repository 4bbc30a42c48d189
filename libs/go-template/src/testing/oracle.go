// Renders templates with Go's own engine: a JSON object {"template", "data"} a line in, {"output"} or {"error"} a line out.
//
// Whole numbers of the data are ints, as templates of this project see them.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"text/template"
)

func value(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil && !strings.ContainsAny(v.String(), ".eE") {
			return int(i)
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = value(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = value(v[k])
		}
	}
	return v
}

func render(text string, data any) (output string, err error) {
	t, err := template.New("report").Parse(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, data)
	return b.String(), err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var c struct {
			Template string
			Data     any
		}
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		if err := d.Decode(&c); err != nil {
			panic(err)
		}
		output, err := render(c.Template, value(c.Data))
		if err != nil {
			out.Encode(map[string]string{"error": err.Error()})
		} else {
			out.Encode(map[string]string{"output": output})
		}
	}
}
