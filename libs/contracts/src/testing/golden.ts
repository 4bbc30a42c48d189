/** Messages as each released schema wrote them, with what they say. Never changed, only added to. */
export const goldenMessages: Readonly<Record<string, readonly { base64: string; message: unknown }[]>> = {
  'margay.resource-changes': [
    {
      base64:
        'wwEqWOOYbcC5awhwcm9kCGUxIzAEZTEAInByb2plY3RjYWxpY28ub3JnHm5ldHdvcmtwb2xpY2llcwhzaG9wGGRlZmF1bHQuZGVueQIGdS0xAiI5MDA3MTk5MjU0NzQwOTkzMICJod72yq8GgNOg3vbKrwYCtAJ7ImFwaVZlcnNpb24iOiJwcm9qZWN0Y2FsaWNvLm9yZy92MyIsImtpbmQiOiJOZXR3b3JrUG9saWN5IiwibWV0YWRhdGEiOnsibmFtZSI6ImRlZmF1bHQuZGVueSIsIm5hbWVzcGFjZSI6InNob3AiLCJ1aWQiOiJ1LTEifSwic3BlYyI6eyJzZWxlY3RvciI6ImFsbCgpIn19AQIIYW5uYQI6c3lzdGVtOnNlcnZpY2VhY2NvdW50Om9wczpib3QkL3Zhci9sb2cvYXVkaXQubG9nDg==',
      message: {
        cluster: 'prod',
        id: 'e1#0',
        eventId: 'e1',
        what: 'present',
        group: 'projectcalico.org',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'default.deny',
        at: 1793491200123456,
        receivedAt: 1793491200120000,
        origin: { source: '/var/log/audit.log', position: 7 },
        uid: 'u-1',
        resourceVersion: '90071992547409930',
        content: {
          apiVersion: 'projectcalico.org/v3',
          kind: 'NetworkPolicy',
          metadata: { name: 'default.deny', namespace: 'shop', uid: 'u-1' },
          spec: { selector: 'all()' },
        },
        created: true,
        actor: { user: 'anna', impersonated: 'system:serviceaccount:ops:bot' },
      },
    },
    {
      base64:
        'wwEqWOOYbcC5awhwcm9kCGUyIzAEZTICInByb2plY3RjYWxpY28ub3JnHm5ldHdvcmtwb2xpY2llcwhzaG9wGGRlZmF1bHQuZGVueQAAgITBvffKrwb+g8G998qvBgAAAAp3YXRjaBA=',
      message: {
        cluster: 'prod',
        id: 'e2#0',
        eventId: 'e2',
        what: 'gone',
        group: 'projectcalico.org',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'default.deny',
        at: 1793491300000000,
        receivedAt: 1793491299999999,
        origin: { source: 'watch', position: 8 },
      },
    },
    {
      base64:
        'wwFUwuACRcJmqwhwcm9kEGUzI2RvdWJ0BGUzAiJwcm9qZWN0Y2FsaWNvLm9yZx5uZXR3b3JrcG9saWNpZXMIc2hvcAAAAICI8Jz4yq8G/ofwnPjKrwYAAAAKd2F0Y2gSAhBkb3VidGZ1bBhkZWZhdWx0LmRlbnkCBnUtMQIUbm8tY29udGVudA5iZS1nb25lgAFkZWxldGUgbmV0d29ya3BvbGljaWVzIHNob3AvZGVmYXVsdC5kZW55OiB0aGUgZXZlbnQgaGFzIG5vIGJvZHkuAQAAAA==',
      message: {
        cluster: 'prod',
        id: 'e3#doubt',
        eventId: 'e3',
        what: 'doubtful',
        group: 'projectcalico.org',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'default.deny',
        at: 1793491400000000,
        receivedAt: 1793491399999999,
        origin: { source: 'watch', position: 9 },
        uid: 'u-1',
        doubt: {
          reason: 'no-content',
          may: 'be-gone',
          message: 'delete networkpolicies shop/default.deny: the event has no body.',
          ends: true,
        },
      },
    },
    {
      base64:
        'wwFUwuACRcJmqwhwcm9kBGU0BGU0ACJwcm9qZWN0Y2FsaWNvLm9yZx5uZXR3b3JrcG9saWNpZXMIc2hvcBhkZWZhdWx0LmRlbnkCBnUtMQIEMTKAjJ/8+MqvBv6Ln/z4yq8GAr4BeyJhcGlWZXJzaW9uIjoicHJvamVjdGNhbGljby5vcmcvdjMiLCJraW5kIjoiTmV0d29ya1BvbGljeSIsIm1ldGFkYXRhIjp7Im5hbWUiOiJkZWZhdWx0LmRlbnkifX0AAAp3YXRjaBQAAAIIAgQxMQ==',
      message: {
        cluster: 'prod',
        id: 'e4',
        eventId: 'e4',
        what: 'present',
        group: 'projectcalico.org',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'default.deny',
        at: 1793491500000000,
        receivedAt: 1793491499999999,
        origin: { source: 'watch', position: 10 },
        uid: 'u-1',
        resourceVersion: '12',
        content: {
          apiVersion: 'projectcalico.org/v3',
          kind: 'NetworkPolicy',
          metadata: { name: 'default.deny' },
        },
        generation: 4,
        basedOn: '11',
      },
    },
    {
      base64:
        'wwFhiGtSVRksGQhwcm9kEGU2I2ZvdW5kBGU2AiJuZXR3b3JraW5nLms4cy5pbx5uZXR3b3JrcG9saWNpZXMIc2hvcAAAAICQztv5yq8G/o/O2/nKrwYAAAAKd2F0Y2gWAhBkb3VidGZ1bAhkZW55AAIWbmV2ZXItc2hvd24WYmUtYW55dGhpbmd2ZGVsZXRlIG5ldHdvcmtwb2xpY2llcyBzaG9wL2Rlbnk6IG5vdGhpbmcgc2hvd2VkIGl0IGJlZm9yZS4AAAEAAA==',
      message: {
        cluster: 'prod',
        id: 'e6#found',
        eventId: 'e6',
        what: 'doubtful',
        group: 'networking.k8s.io',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'deny',
        at: 1793491600000000,
        receivedAt: 1793491599999999,
        origin: { source: 'watch', position: 11 },
        doubt: {
          reason: 'never-shown',
          may: 'be-anything',
          message: 'delete networkpolicies shop/deny: nothing showed it before.',
          wasThere: true,
        },
      },
    },
    {
      base64:
        'wwFOno58v7o54whwcm9kEGU3I2RvdWJ0BGU3AiJuZXR3b3JraW5nLms4cy5pbx5uZXR3b3JrcG9saWNpZXMIc2hvcAAAAICU/br6yq8G/pP9uvrKrwYAAAAKd2F0Y2gYAhBkb3VidGZ1bAhkZW55AgZ1LTECFG5vLWNvbnRlbnQMZGlmZmVycHVwZGF0ZSBuZXR3b3JrcG9saWNpZXMgc2hvcC9kZW55OiB0aGUgZXZlbnQgaGFzIG5vIGJvZHkuAAAAAAACAQ==',
      message: {
        cluster: 'prod',
        id: 'e7#doubt',
        eventId: 'e7',
        what: 'doubtful',
        group: 'networking.k8s.io',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'deny',
        at: 1793491700000000,
        receivedAt: 1793491699999999,
        origin: { source: 'watch', position: 12 },
        uid: 'u-1',
        uidShown: true,
        doubt: {
          reason: 'no-content',
          may: 'differ',
          message: 'update networkpolicies shop/deny: the event has no body.',
        },
      },
    },
  ],
  'margay.policy-events': [
    {
      base64:
        'wwHM9JYQTw3Mtwhwcm9kBGUxgImh3vbKrwYicHJvamVjdGNhbGljby5vcmcebmV0d29ya3BvbGljaWVzCHNob3AYZGVmYXVsdC5kZW55DGNyZWF0ZQIIYW5uYQAAPnsiYXVkaXRJRCI6ImEiLCJ2ZXJiIjoiY3JlYXRlIn0=',
      message: {
        cluster: 'prod',
        eventId: 'e1',
        at: 1793491200123456,
        group: 'projectcalico.org',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'default.deny',
        verb: 'create',
        outcome: 'done',
        event: { auditID: 'a', verb: 'create' },
        actor: { user: 'anna' },
      },
    },
    {
      base64:
        'wwHM9JYQTw3Mtwhwcm9kBGUzgomh3vbKrwYicHJvamVjdGNhbGljby5vcmcebmV0d29ya3BvbGljaWVzCHNob3AYZGVmYXVsdC5kZW55DGRlbGV0ZQABCG51bGw=',
      message: {
        cluster: 'prod',
        eventId: 'e3',
        at: 1793491200123457,
        group: 'projectcalico.org',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'default.deny',
        verb: 'delete',
        outcome: 'refused',
        event: null,
      },
    },
    {
      base64:
        'wwFwYOUlIY12Gwhwcm9kBGU1hImh3vbKrwYibmV0d29ya2luZy5rOHMuaW8ebmV0d29ya3BvbGljaWVzCHNob3AIZGVueQxjcmVhdGUCCGFubmEAAD57ImF1ZGl0SUQiOiJjIiwidmVyYiI6ImNyZWF0ZSJ9AhJ1bnNldHRsZWQ=',
      message: {
        cluster: 'prod',
        eventId: 'e5',
        at: 1793491200123458,
        group: 'networking.k8s.io',
        resource: 'networkpolicies',
        namespace: 'shop',
        name: 'deny',
        verb: 'create',
        outcome: 'unsettled',
        event: { auditID: 'c', verb: 'create' },
        actor: { user: 'anna' },
      },
    },
  ],
  'margay.flows': [
    {
      base64:
        'wwFt0KW8CogvBwhwcm9kBGYxgICS3vbKrwaAjJ/8+MqvBgZkc3QKYWxsb3cGcG9kCHNob3Agd2ViLTU0YzlmN2Y0OWYtKgEObmV0d29yawAGcHViAA==',
      message: {
        cluster: 'prod',
        id: 'f1',
        startAt: 1793491200000000,
        endAt: 1793491500000000,
        reporter: 'dst',
        action: 'allow',
        source: { type: 'pod', namespace: 'shop', name: 'web-54c9f7f49f-*', nameIsPrefix: true },
        destination: { type: 'network', namespace: '', name: 'pub', nameIsPrefix: false },
      },
    },
  ],
  'margay.coverage': [
    {
      base64:
        'wwFu3QflYtUSkAhwcm9kJC92YXIvbG9nL2F1ZGl0LmxvZwAGAoCAkt72yq8GgImh3vbKrwaCiaHe9sqvBgQIa2VwdAIeaWdub3JlZDpyZWZ1c2VkAgAAAiJ1bnVzYWJsZTpub3QtanNvbgIABAQQdW51c2FibGUQbm90LWpzb24WTm90IEpTT046IHsAAhBkb3VidGZ1bBRuby1jb250ZW50HndpdGhvdXQgY29udGVudAKCiaHe9sqvBgAE',
      message: {
        cluster: 'prod',
        source: '/var/log/audit.log',
        from: 0,
        to: 3,
        buckets: [
          {
            minute: 1793491200000000,
            first: 1793491200123456,
            last: 1793491200123457,
            counts: { kept: 1, 'ignored:refused': 1 },
          },
        ],
        timeless: { 'unusable:not-json': 1 },
        problems: [
          { position: 2, kind: 'unusable', reason: 'not-json', message: 'Not JSON: {' },
          {
            position: 1,
            kind: 'doubtful',
            reason: 'no-content',
            message: 'without content',
            at: 1793491200123457,
          },
        ],
        problemsTotal: 2,
      },
    },
    {
      base64:
        'wwE/4hQgKCtd5Qhwcm9kNGF1ZGl0LmxvZ0AxZjJlM2Q0YzViNmE3OTgwAggCgICS3vbKrwaAiaHe9sqvBoKJod72yq8GAghrZXB0BAAAAiJ1bnVzYWJsZTpub3QtanNvbgIAAgQQdW51c2FibGUQbm90LWpzb24WTm90IEpTT046IHsAAoCJod72yq8GAoKJod72yq8GAAI=',
      message: {
        cluster: 'prod',
        source: 'audit.log@1f2e3d4c5b6a7980',
        from: 1,
        to: 4,
        buckets: [
          {
            minute: 1793491200000000,
            first: 1793491200123456,
            last: 1793491200123457,
            counts: { kept: 2 },
          },
        ],
        timeless: { 'unusable:not-json': 1 },
        problems: [
          {
            position: 2,
            kind: 'unusable',
            reason: 'not-json',
            message: 'Not JSON: {',
            after: 1793491200123456,
            before: 1793491200123457,
          },
        ],
        problemsTotal: 1,
      },
    },
    {
      base64:
        'wwFSeKV5Suz/lghwcm9kNGF1ZGl0LmxvZ0AxZjJlM2Q0YzViNmE3OTgwCAwCgICS3vbKrwaAiaHe9sqvBoKX7/r2yq8GAhxpZ25vcmVkOmNhbmFyeQQAAAAAAAQYNWYwYzFhMmIzZDRlGjEwLjAuMC4xOjY0NDMEDghzZWVugImh3vbKrwYAABg1ZjBjMWEyYjNkNGUaMTAuMC4wLjI6NjQ0MwQOCGxvc3SCl+/69sqvBgKCi+Lc9MqvBgJiVGhlIEFQSSBzZXJ2ZXIgMTAuMC4wLjI6NjQ0MyBsb3N0IDMgYXVkaXQgZXZlbnRzLgA=',
      message: {
        cluster: 'prod',
        source: 'audit.log@1f2e3d4c5b6a7980',
        from: 4,
        to: 6,
        buckets: [
          {
            minute: 1793491200000000,
            first: 1793491200123456,
            last: 1793491230123457,
            counts: { 'ignored:canary': 2 },
          },
        ],
        timeless: {},
        problems: [],
        problemsTotal: 0,
        canaries: [
          {
            writer: '5f0c1a2b3d4e',
            server: '10.0.0.1:6443',
            servers: 2,
            sequence: 7,
            state: 'seen',
            at: 1793491200123456,
          },
          {
            writer: '5f0c1a2b3d4e',
            server: '10.0.0.2:6443',
            servers: 2,
            sequence: 7,
            state: 'lost',
            at: 1793491230123457,
            since: 1793490930123457,
            message: 'The API server 10.0.0.2:6443 lost 3 audit events.',
          },
        ],
      },
    },
    {
      base64:
        'wwEtmEnoxRGpwghwcm9kNGF1ZGl0LmxvZ0AxZjJlM2Q0YzViNmE3OTgwDBICgICS3vbKrwaAiaHe9sqvBoDxnoX3yq8GAghrZXB0BgAIgIkPgLSJE4C0iROA8YwnAAAAAAAAAjRhdWRpdC5sb2dAMDEyMzQ1Njc4OWFiY2RlZg==',
      message: {
        cluster: 'prod',
        source: 'audit.log@1f2e3d4c5b6a7980',
        goesOnFrom: 'audit.log@0123456789abcdef',
        from: 6,
        to: 9,
        buckets: [
          {
            minute: 1793491200000000,
            first: 1793491200123456,
            last: 1793491241000000,
            counts: { kept: 3 },
            silences: [123456, 20000000, 20000000, 41000000],
          },
        ],
        timeless: {},
        problems: [],
        problemsTotal: 0,
      },
    },
    {
      base64:
        'wwETKOhIm66NcQhwcm9kNGF1ZGl0LmxvZ0AxZjJlM2Q0YzViNmE3OTgwEhYCgICS3vbKrwaAiaHe9sqvBoCJod72yq8GAghrZXB0BAAAAAAAAAAAAoCJod72yq8Ggomh3vbKrwaCkK/HkcuvBgA=',
      message: {
        cluster: 'prod',
        source: 'audit.log@1f2e3d4c5b6a7980',
        from: 9,
        to: 11,
        buckets: [
          {
            minute: 1793491200000000,
            first: 1793491200123456,
            last: 1793491200123456,
            counts: { kept: 2 },
          },
        ],
        timeless: {},
        problems: [],
        problemsTotal: 0,
        setBack: [{ start: 1793491200123456, end: 1793491200123457, until: 1793494800000001 }],
      },
    },
    {
      base64:
        'wwG1Z2CnxSK83Ahwcm9kNHdhdGNoL3BvZHNAbWFyZ2F5LTAtNWYwYzFhgICS3vbKrwaCgJLe9sqvBgKAgJLe9sqvBoCAkt72yq8GgICS3vbKrwYCIGlnbm9yZWQ6Ym9va21hcmsCAAAAAAAAAAAAAgAIcG9kc4CAkt72yq8GCDQ3MTEBAkg5YjJmNmE1MC0xZjBlLTRjOWEtOGQxMS0wYTFiMmMzZDRlNWYA',
      message: {
        cluster: 'prod',
        source: 'watch/pods@margay-0-5f0c1a',
        from: 1793491200000000,
        to: 1793491200000001,
        buckets: [
          {
            minute: 1793491200000000,
            first: 1793491200000000,
            last: 1793491200000000,
            counts: { 'ignored:bookmark': 1 },
          },
        ],
        timeless: {},
        problems: [],
        problemsTotal: 0,
        listed: {
          group: '',
          resource: 'pods',
          at: 1793491200000000,
          resourceVersion: '4711',
          isWhole: true,
          uids: ['9b2f6a50-1f0e-4c9a-8d11-0a1b2c3d4e5f'],
        },
      },
    },
  ],
  'margay.report-windows': [
    {
      base64:
        'wwHZ3GBjlD3gxQhwcm9kTmRhaWx5LTIwMjYxMTAxdDAwMDAwMHotMDEyMzQ1Njc4OWFiY2RlZgpkYWlseRxuZXR3b3JrLWFjY2Vzc2x7InJlcG9ydFR5cGUiOiJuZXR3b3JrLWFjY2VzcyIsInNjaGVkdWxlIjoiMCAwICogKiAqIn2AgJLe9sqvBoCAzbv6z68GAQ==',
      message: {
        cluster: 'prod',
        id: 'daily-20261101t000000z-0123456789abcdef',
        reportName: 'daily',
        reportType: 'network-access',
        start: 1793491200000000,
        end: 1793577600000000,
        spec: { reportType: 'network-access', schedule: '0 0 * * *' },
        manual: true,
      },
    },
    {
      base64:
        'wwEs/26mOU+yLQhwcm9kTmRhaWx5LTIwMjYxMTAxdDAwMDAwMHotMDEyMzQ1Njc4OWFiY2RlZgpkYWlseRBleHBvc3VyZTJ7InJlcG9ydFR5cGUiOiJleHBvc3VyZSJ9gICS3vbKrwaAgM27+s+vBgA4eyJpbmNsdWRlRW5kcG9pbnREYXRhIjp0cnVlfQ==',
      message: {
        cluster: 'prod',
        id: 'daily-20261101t000000z-0123456789abcdef',
        reportName: 'daily',
        reportType: 'exposure',
        start: 1793491200000000,
        end: 1793577600000000,
        spec: { reportType: 'exposure' },
        typeSpec: { includeEndpointData: true },
        manual: false,
      },
    },
    {
      base64:
        'wwGDt8PLJev19Qhwcm9kVGRhaWx5LTIwMjYxMTAxdDAwMDAwMHotMDEyMzQ1Njc4OWFiY2RlZi1yMgpkYWlseRxuZXR3b3JrLWFjY2Vzc2x7InJlcG9ydFR5cGUiOiJuZXR3b3JrLWFjY2VzcyIsInNjaGVkdWxlIjoiMCAwICogKiAqIn2AgJLe9sqvBoCAzbv6z68GAQAE',
      message: {
        cluster: 'prod',
        id: 'daily-20261101t000000z-0123456789abcdef-r2',
        reportName: 'daily',
        reportType: 'network-access',
        start: 1793491200000000,
        end: 1793577600000000,
        spec: { reportType: 'network-access', schedule: '0 0 * * *' },
        manual: true,
        revision: 2,
      },
    },
    {
      base64:
        'wwG4BHVFWgMACAhwcm9kTmRhaWx5LTIwMjYxMTAxdDAwMDAwMHotMDEyMzQ1Njc4OWFiY2RlZgpkYWlseRxuZXR3b3JrLWFjY2Vzc2x7InJlcG9ydFR5cGUiOiJuZXR3b3JrLWFjY2VzcyIsInNjaGVkdWxlIjoiMCAwICogKiAqIn2AgJLe9sqvBoCAzbv6z68GAAACAQ==',
      message: {
        cluster: 'prod',
        id: 'daily-20261101t000000z-0123456789abcdef',
        reportName: 'daily',
        reportType: 'network-access',
        start: 1793491200000000,
        end: 1793577600000000,
        spec: { reportType: 'network-access', schedule: '0 0 * * *' },
        manual: false,
        taken: true,
      },
    },
  ],
  'margay.report-completed': [
    {
      base64:
        'wwFi3jrMnrUb8whwcm9kTmRhaWx5LTIwMjYxMTAxdDAwMDAwMHotMDEyMzQ1Njc4OWFiY2RlZgpkYWlseRxuZXR3b3JrLWFjY2Vzc4CAkt72yq8GgIDNu/rPrwaAAWFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWIgeyJlbmRwb2ludHMiOjEyfYDIm/CH0K8G',
      message: {
        cluster: 'prod',
        id: 'daily-20261101t000000z-0123456789abcdef',
        reportName: 'daily',
        reportType: 'network-access',
        start: 1793491200000000,
        end: 1793577600000000,
        digest: 'abababababababababababababababababababababababababababababababab',
        generatedAt: 1793579400000000,
        summary: { endpoints: 12 },
      },
    },
    {
      base64:
        'wwHE7xBSp5k2IAhwcm9kVGRhaWx5LTIwMjYxMTAxdDAwMDAwMHotMDEyMzQ1Njc4OWFiY2RlZi1yMgpkYWlseRxuZXR3b3JrLWFjY2Vzc4CAkt72yq8GgIDNu/rPrwaAAWNkY2RjZGNkY2RjZGNkY2RjZGNkY2RjZGNkY2RjZGNkY2RjZGNkY2RjZGNkY2RjZGNkY2RjZGNkY2RjZGNkY2QgeyJlbmRwb2ludHMiOjEyfYDIm/CH0K8GBE5kYWlseS0yMDI2MTEwMXQwMDAwMDB6LTAxMjM0NTY3ODlhYmNkZWY=',
      message: {
        cluster: 'prod',
        id: 'daily-20261101t000000z-0123456789abcdef-r2',
        reportName: 'daily',
        reportType: 'network-access',
        start: 1793491200000000,
        end: 1793577600000000,
        digest: 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',
        generatedAt: 1793579400000000,
        summary: { endpoints: 12 },
        revision: 2,
        supersedes: 'daily-20261101t000000z-0123456789abcdef',
      },
    },
  ],
  'margay.log-checkpoints': [
    {
      base64:
        'wwFBq2Sy6fOIPghwcm9kJm1hcmdheS5leGFtcGxlL3Byb2QI8gJtYXJnYXkuZXhhbXBsZS9wcm9kCjQKcDBBSVBhclhibWlZaWdWbnlPeEhLdmpleXVpemFoKy9YSUQvUGlGNHVpTT0KCuKAlCBtYXJnYXkuZXhhbXBsZS9wcm9kIG1GMi9kMEpISHA3WWFaVVJmRDdURzBYWFpHcGlzbGJ2M2FrZkxUZVd5eUJFYXdEWWRkVHh0NUprcXVFS1gwSGoya3dGT1FLY1YyZFdtTThQS0Q1dmxKSWNVd0k9Cg==',
      message: {
        cluster: 'prod',
        origin: 'margay.example/prod',
        size: 4,
        checkpoint:
          'margay.example/prod\n4\np0AIParXbmiYigVnyOxHKvjeyuizah+/XID/PiF4uiM=\n\n\u2014 margay.example/prod mF2/d0JHHp7YaZURfD7TG0XXZGpislbv3akfLTeWyyBEawDYddTxt5JkquEKX0Hj2kwFOQKcV2dWmM8PKD5vlJIcUwI=\n',
      },
    },
  ],
  'margay.hub-news': [
    {
      base64:
        'wwEo4DqacvnBwghwcm9k8gJtYXJnYXkuZXhhbXBsZS9wcm9kCjIKN2RZUXlYUUNTYi9ncFFZOHV1VkpjaXBOSlFsamEyZkFwdFI4WFliZWlZUT0KCuKAlCBtYXJnYXkuZXhhbXBsZS9wcm9kIC90Z1d3NWw0c3R3cTZPYWgwSDhyaTJ0VnZrb3l4Q3gxdVZNVElqNVhIQWdwSU16TXRVNldOblU0RUl1WElMWmNjcTJPUkxvQjJoY2xzSFJURmtzQ3ZkTEtMdzg9CgAA',
      message: {
        cluster: 'prod',
        checkpoint:
          'margay.example/prod\n2\n7dYQyXQCSb/gpQY8uuVJcipNJQlja2fAptR8XYbeiYQ=\n\n— margay.example/prod /tgWw5l4stwq6Oah0H8ri2tVvkoyxCx1uVMTIj5XHAgpIMzMtU6WNnU4EIuXILZccq2ORLoB2hclsHRTFksCvdLKLw8=\n',
        keyChanges: [],
      },
    },
    {
      base64:
        'wwEo4DqacvnBwghwcm9k8gJtYXJnYXkuZXhhbXBsZS9wcm9kCjIKN2RZUXlYUUNTYi9ncFFZOHV1VkpjaXBOSlFsamEyZkFwdFI4WFliZWlZUT0KCuKAlCBtYXJnYXkuZXhhbXBsZS9wcm9kIC90Z1d3NWw0c3R3cTZPYWgwSDhyaTJ0VnZrb3l4Q3gxdVZNVElqNVhIQWdwSU16TXRVNldOblU0RUl1WElMWmNjcTJPUkxvQjJoY2xzSFJURmtzQ3ZkTEtMdzg9CgLeB3sia2V5Q2hhbmdlIjp7ImFubm91bmNlbWVudCI6Im1hcmdheS5pby9rZXktY2hhbmdlQHYxXG5tYXJnYXkuZXhhbXBsZS9wcm9kKzY0Y2RjYmIxK0FZcUk0OTEwQ2ZHVi9WTGJMVHk2WFhMS1p3bS9IWlFTRy9OMGlBRzBEMjljXG5tYXJnYXkuZXhhbXBsZS9wcm9kK2ZlZDgxNmMzK0FZRTVkdzZvZlJkZlZxTlVac05NZnN6TGpZcVJ0TzQzb2wzMkQxdVB5Yk9VXG5cbuKAlCBtYXJnYXkuZXhhbXBsZS9wcm9kIFpNM0xzYzlGVkFUYjJjd2pld1p2S3RROHZzMVdhL3RWUWJqclZ6VTlFellZdFZ5S0dCUjExSFZlbnpZN25vanRmbkVudSsvS0FIc2NLS3NJK3NrU1dVZzBUd2M9XG4iLCJiZWZvcmUiOiJtYXJnYXkuZXhhbXBsZS9wcm9kKzY0Y2RjYmIxK0FZcUk0OTEwQ2ZHVi9WTGJMVHk2WFhMS1p3bS9IWlFTRy9OMGlBRzBEMjljIiwia2V5IjoibWFyZ2F5LmV4YW1wbGUvcHJvZCtmZWQ4MTZjMytBWUU1ZHc2b2ZSZGZWcU5VWnNOTWZzekxqWXFSdE80M29sMzJEMXVQeWJPVSJ9fYwEYzJzcC5vcmcvdGxvZy1wcm9vZkB2MQppbmRleCAwClh3dUI4VzVjTkNqeEswMXIyelAzdzZocVFWL2lVa2pHZDFWNitpc3Z5Zzg9CgptYXJnYXkuZXhhbXBsZS9wcm9kCjIKN2RZUXlYUUNTYi9ncFFZOHV1VkpjaXBOSlFsamEyZkFwdFI4WFliZWlZUT0KCuKAlCBtYXJnYXkuZXhhbXBsZS9wcm9kIC90Z1d3NWw0c3R3cTZPYWgwSDhyaTJ0VnZrb3l4Q3gxdVZNVElqNVhIQWdwSU16TXRVNldOblU0RUl1WElMWmNjcTJPUkxvQjJoY2xzSFJURmtzQ3ZkTEtMdzg9CgACsgN7ImNsdXN0ZXIiOiJwcm9kIiwiZGlnZXN0IjoiYWIiLCJlbmQiOiIyMDI2LTExLTAyVDAwOjAwOjAwWiIsImV2aWRlbmNlRGlnZXN0IjoiY2QiLCJoZWFkZXJEaWdlc3QiOiJlZiIsInJlcG9ydCI6ImRhaWx5IiwicmV2aXNpb24iOjEsInJ1biI6ImRhaWx5LTEiLCJzdGFydCI6IjIwMjYtMTEtMDFUMDA6MDA6MDBaIiwidHlwZSI6ImludmVudG9yeSIsInZlcnNpb24iOiIwLjEuMCJ9jARjMnNwLm9yZy90bG9nLXByb29mQHYxCmluZGV4IDEKaWUrandIRVJtQU05TnpvMWlqT1MzRUg0VTN2OTd1S3M4WjFlbHFWV3V3ND0KCm1hcmdheS5leGFtcGxlL3Byb2QKMgo3ZFlReVhRQ1NiL2dwUVk4dXVWSmNpcE5KUWxqYTJmQXB0UjhYWWJlaVlRPQoK4oCUIG1hcmdheS5leGFtcGxlL3Byb2QgL3RnV3c1bDRzdHdxNk9haDBIOHJpMnRWdmtveXhDeDF1Vk1USWo1WEhBZ3BJTXpNdFU2V05uVTRFSXVYSUxaY2NxMk9STG9CMmhjbHNIUlRGa3NDdmRMS0x3OD0KensiaWQiOiJkYWlseS0xIiwiY2x1c3RlciI6InByb2QiLCJjb250ZW50Ijp7ImV2aWRlbmNlIjpudWxsfX0CBnt9Cg==',
      message: {
        cluster: 'prod',
        checkpoint:
          'margay.example/prod\n2\n7dYQyXQCSb/gpQY8uuVJcipNJQlja2fAptR8XYbeiYQ=\n\n— margay.example/prod /tgWw5l4stwq6Oah0H8ri2tVvkoyxCx1uVMTIj5XHAgpIMzMtU6WNnU4EIuXILZccq2ORLoB2hclsHRTFksCvdLKLw8=\n',
        keyChanges: [
          {
            entry:
              '{"keyChange":{"announcement":"margay.io/key-change@v1\\nmargay.example/prod+64cdcbb1+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\\nmargay.example/prod+fed816c3+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\\n\\n— margay.example/prod ZM3Lsc9FVATb2cwjewZvKtQ8vs1Wa/tVQbjrVzU9EzYYtVyKGBR11HVenzY7nojtfnEnu+/KAHscKKsI+skSWUg0Twc=\\n","before":"margay.example/prod+64cdcbb1+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c","key":"margay.example/prod+fed816c3+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"}}',
            proof:
              'c2sp.org/tlog-proof@v1\nindex 0\nXwuB8W5cNCjxK01r2zP3w6hqQV/iUkjGd1V6+isvyg8=\n\nmargay.example/prod\n2\n7dYQyXQCSb/gpQY8uuVJcipNJQlja2fAptR8XYbeiYQ=\n\n— margay.example/prod /tgWw5l4stwq6Oah0H8ri2tVvkoyxCx1uVMTIj5XHAgpIMzMtU6WNnU4EIuXILZccq2ORLoB2hclsHRTFksCvdLKLw8=\n',
          },
        ],
        report: {
          entry:
            '{"cluster":"prod","digest":"ab","end":"2026-11-02T00:00:00Z","evidenceDigest":"cd","headerDigest":"ef","report":"daily","revision":1,"run":"daily-1","start":"2026-11-01T00:00:00Z","type":"inventory","version":"0.1.0"}',
          proof:
            'c2sp.org/tlog-proof@v1\nindex 1\nie+jwHERmAM9Nzo1ijOS3EH4U3v97uKs8Z1elqVWuw4=\n\nmargay.example/prod\n2\n7dYQyXQCSb/gpQY8uuVJcipNJQlja2fAptR8XYbeiYQ=\n\n— margay.example/prod /tgWw5l4stwq6Oah0H8ri2tVvkoyxCx1uVMTIj5XHAgpIMzMtU6WNnU4EIuXILZccq2ORLoB2hclsHRTFksCvdLKLw8=\n',
          header: '{"id":"daily-1","cluster":"prod","content":{"evidence":null}}',
          statement: '{}\n',
        },
      },
    },
    {
      base64:
        'wwFj9BAbGCptxwhwcm9k8gJtYXJnYXkuZXhhbXBsZS9wcm9kCjIKQ1FrSkNRa0pDUWtKQ1FrSkNRa0pDUWtKQ1FrSkNRa0pDUWtKQ1FrSkNRaz0KCuKAlCBtYXJnYXkuZXhhbXBsZS9wcm9kIEs2bWJXUm1kSmM0VVZhTkFJRzA3ZEg2c0F1bVBpdEVoTkwyNnltVDk5VWh5SEJJVTlWSUtiam5RcWM4UjBMU0lhZ1BKUVhFRnB4d21WMUs5YjJmcSsvVGFEQWM9CgAAAoIC4oCUIG1hcmdheS5leGFtcGxlL3Byb2QgbERqc0d3QUFBQUJxNW9FQWhRelFleWVHanIvRUdqZGZFSCtZVHRoaGFRN3JOMmdiVC9DUXZkNUhMdmNPalJiZmwvRURRaDVSbVRFRGVGYjN2QVI5b0ZHTjA0YkF2NGpoL3NGQUFRPT0K',
      message: {
        cluster: 'prod',
        checkpoint:
          'margay.example/prod\n2\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n\n— margay.example/prod K6mbWRmdJc4UVaNAIG07dH6sAumPitEhNL26ymT99UhyHBIU9VIKbjnQqc8R0LSIagPJQXEFpxwmV1K9b2fq+/TaDAc=\n',
        keyChanges: [],
        signedAt:
          '— margay.example/prod lDjsGwAAAABq5oEAhQzQeyeGjr/EGjdfEH+YTthhaQ7rN2gbT/CQvd5HLvcOjRbfl/EDQh5RmTEDeFb3vAR9oFGN04bAv4jh/sFAAQ==\n',
      },
    },
  ],
  'margay.report-failed': [
    {
      base64:
        'wwHFl7GE1gnorwhwcm9kTmRhaWx5LTIwMjYxMTAxdDAwMDAwMHotMDEyMzQ1Njc4OWFiY2RlZgpkYWlseRxuZXR3b3JrLWFjY2Vzc4CAkt72yq8GgIDNu/rPrwYidGhlIHN0b3JlIGlzIGZ1bGwOgMib8IfQrwY=',
      message: {
        cluster: 'prod',
        id: 'daily-20261101t000000z-0123456789abcdef',
        reportName: 'daily',
        reportType: 'network-access',
        start: 1793491200000000,
        end: 1793577600000000,
        reason: 'the store is full',
        attempts: 7,
        failedAt: 1793579400000000,
      },
    },
  ],
  'margay.parent-run-settled': [
    {
      base64:
        'wwHg3YDztI2BdwZodWJOZmxlZXQtMjAyNjExMDF0MDAwMDAwei0wMTIzNDU2Nzg5YWJjZGVmCmZsZWV0HG5ldHdvcmstYWNjZXNzgICS3vbKrwaAgM27+s+vBhJ3aXRoIGdhcHMKBgQAAIDIm/CH0K8G',
      message: {
        cluster: 'hub',
        id: 'fleet-20261101t000000z-0123456789abcdef',
        reportName: 'fleet',
        reportType: 'network-access',
        start: 1793491200000000,
        end: 1793577600000000,
        state: 'with gaps',
        clusters: 5,
        complete: 3,
        withGaps: 2,
        failed: 0,
        missing: 0,
        settledAt: 1793579400000000,
      },
    },
  ],
};
