using System.Globalization;
using System.Text;
using OpsMonitor.Tests.Web.Adapters;

namespace OpsMonitor.Tests.Web.Hostile;

/// <summary>One spoiled request as bytes on the wire. The same number and seed give the same request.</summary>
/// <param name="Answered">false where the connection may end without an answer: the request itself never ends</param>
internal sealed record Mutation(string Kind, string Path, byte[] Wire, bool Answered, bool IsHead)
{
    private const int Seed = 20_261_122;

    private static readonly string[] Created =
    [
        """{"kind":"complaint","channel":"phone","department_id":"billing","priority":2,"customer_ref":"c-1","due_at":"@LATER","customer":{"name":"A B","phone":"+44 20 7946 0000","email":"a@example.com"}}""",
        """{"queue_id":"q-1","priority":1}""", """{"attempt":1,"outcome":"busy","started_at":"@NOW"}""", """{"dispatch_id":"d-1","department_id":"billing","role":"lead"}""", """{"method":"phone"}""", "{}",
    ];

    private static readonly string[] Types = ["ticket.created", "contact.queued", "callback.attempted", "ticket.dispatched", "ticket.replied", "ticket.closed"];

    private static readonly string[] Pages =
    [
        "/api/v1/metrics", "/api/v1/tickets", "/api/v1/contacts", "/api/v1/callbacks", "/api/v1/tickets/F-1", "/api/v1/alerts", "/api/v1/policies", "/api/v1/tickets/F-1/explain", "/api/v1/customers/c-1",
        "/api/v1/policies/policies/uk-ofcom-1.yaml", "/metrics", "/health/ready", "/board/all", "/openapi/v1.json", "/api/v1/nowhere", "/explain/F-1",
    ];

    private static readonly string[] Parameters = ["scope", "window", "limit", "cursor", "metric", "state", "department", "board", "kind", "id", "access_token", "x"];

    private static readonly string[] Words =
    [
        "", "all", "queue:q-1", "department:billing", "queue:", ":", "department:%00", "now", "today", "30d", "0001-01-01T00:00:00Z/9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z/0001-01-01T00:00:00Z", "2026-03-01T00:00:00/2026-03-02T00:00:00",
        "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z", "1", "1000", "1001", "0", "-1", "99999999999999999999", "1e3", "%D9%A3", "AAAA", "====", "MQ", "LTE", "OTk5OTk5OTk5OTk", "_w", "%00", "%C3%28", "%ud83d", "%", "%0", "+", "%2e%2e%2f", "tickets.open", "contacts.offered", "sla.due_cohort",
        "service_level/negative/20", "service_level/x/y", "service_level//", "sla..attainment", "sla.first_reply.attainment", "agents.", "contacts.refused.", "open", "breached", "unresolved", "calendar", "%F0%9F%98%80", "'%20or%201=1", "%3Cscript%3E",
    ];

    public static Mutation Number(int n, Uri root, string key, IReadOnlyList<string> yaml)
    {
        var random = new Random(unchecked((Seed * 397) ^ n));
        var (kind, method, path, type, body, headers) = Draw(random, n, yaml);
        if (random.Next(25) == 0) path = Path_(random, path);
        if (random.Next(15) == 0) method = Damage.Pick(random, "GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW");
        if (random.Next(12) == 0) type = Damage.Pick(random, null, "", "text/plain", "application/json", "application/xml", "application/cloudevents+json; charset=utf-16", "application/cloudevents+json; charset=\"utf-8\"", ";;;", "multipart/form-data", "application/x-www-form-urlencoded", "text/csv", "a/b; boundary=" + new string('b', 300));
        if (type is not null) headers.Add(("Content-Type", type));
        Credentials(random, headers, key);
        if (random.Next(10) == 0) headers.Add(Header(random));
        var (framed, answered) = Frame(random, body, headers);
        var head = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: {root.Authority}\r\n");
        foreach (var (name, value) in headers) head.Append(name).Append(": ").Append(value).Append("\r\n");
        return new(kind, path, [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. framed], answered, method == "HEAD");
    }

    private static (string Kind, string Method, string Path, string? Type, byte[] Body, List<(string, string)> Headers) Draw(Random random, int n, IReadOnlyList<string> yaml)
    {
        switch (random.Next(40)) // a draft is judged against all that is shipped: dear, so seldom
        {
            case < 12: return ("structured", "POST", "/api/v1/events", "application/cloudevents+json", Damage.Json(random, Event(random, n, 0)), []);
            case < 18:
                var batch = string.Join(',', Enumerable.Range(0, random.Next(1, 6)).Select(i => Event(random, n, i)));
                return ("batch", "POST", "/api/v1/events", "application/cloudevents-batch+json", Damage.Json(random, $"[{batch}]"), []);
            case < 23: return Binary(random, n);
            case < 29: return Adapter(random, n);
            case < 30:
                var path = Damage.Pick(random, "/api/v1/policies/validate", "/api/v1/policies/validate", "/api/v1/policies/validate?kind=calendar", "/api/v1/policies/dry-run");
                return ("policy", "POST", path, "application/yaml", Damage.Yaml(random, yaml[random.Next(yaml.Count)]), []);
            case < 38:
                var query = string.Join('&', Enumerable.Range(0, random.Next(0, 4)).Select(_ => $"{Damage.Pick<string>(random, Parameters)}={Damage.Pick<string>(random, Words)}"));
                var page = Damage.Pick<string>(random, Pages);
                return ("read", "GET", query.Length == 0 ? page : $"{page}?{query}", null, [], []);
            default:
                var hub = Damage.Pick(random, "/hub/board/negotiate?negotiateVersion=1", "/hub/board/negotiate?negotiateVersion=x", "/hub/board/negotiate?negotiateVersion=-1", "/hub/board/negotiate", "/hub/board?id=%00", "/hub/board?id=AAAA", "/hub/board");
                return ("hub", Damage.Pick(random, "POST", "GET"), hub, "text/plain", Damage.Json(random, """{"protocol":"json","version":1}"""), []);
        }
    }

    private static (string, string, string, string?, byte[], List<(string, string)>) Binary(Random random, int n)
    {
        var which = random.Next(Types.Length);
        var headers = new List<(string, string)>
        {
            ("ce-specversion", "1.0"), ("ce-id", $"m-{n}"), ("ce-source", "/pbx"), ("ce-type", Types[which]), ("ce-time", Now()), ("ce-subject", Subject(which, n)),
        };
        for (var i = random.Next(3); i > 0; i--)
        {
            var (at, word) = (random.Next(headers.Count), Damage.Pick<string>(random, Words));
            switch (random.Next(4))
            {
                case 0: headers.RemoveAt(at); break;
                case 1: headers.Add((headers[at].Item1, word)); break;
                case 2: headers[at] = (headers[at].Item1, word); break;
                default: headers.Add(("ce-" + Damage.Pick(random, "data", "x", "ID", "data_base64", "1", "sequence", "-"), word)); break;
            }
        }
        return ("binary", "POST", "/api/v1/events", "application/json", random.Next(3) == 0 ? Encoding.UTF8.GetBytes(Fill(Created[which])) : Damage.Json(random, Fill(Created[which])), headers);
    }

    private static (string, string, string, string?, byte[], List<(string, string)>) Adapter(Random random, int n)
    {
        const string form = "application/x-www-form-urlencoded";
        (string Name, string Type, string Body) sent = random.Next(9) switch
        {
            0 => ("zendesk-open", "application/json", Payloads.Zendesk(Damage.Pick(random, "created", "status_changed", "priority_changed"), n, $"z-{n}", Now(), """{"current":"SOLVED","previous":"OPEN"}""")),
            1 => ("taskrouter-open", form, Payloads.TaskRouter(Damage.Pick(random, "task.created", "reservation.accepted"), $"s-{n}", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds())),
            2 => ("own", "application/json", $$"""[{"nr": "own-{{n}}", "at": "{{Now()}}"}, {"nr": "own-{{n}}b", "at": "{{Now()}}"}]"""),
            3 => ("lines", "text/csv", $"nr,at\ncsv-{n},{Now()}\n\"csv-{n}b\",{Now()}\n"),
            4 => ("zammad-open", "application/json", $$$"""{"ticket":{"id":{{{n}}},"number":"6{{{n}}}","state":"open","created_at":"{{{Now()}}}","updated_at":"{{{Now()}}}","priority":{"name":"2 normal"},"group":{"name":"billing"} },"article":{"id":1,"created_at":"{{{Now()}}}","sender":"Agent","type":"phone","internal":false}}"""),
            5 => ("freshdesk", "application/json", $$$"""{"freshdesk_webhook":{"ticket_id":{{{n}}},"ticket_status":"Open","ticket_priority":"High","triggered_event":"ticket_action:created","created_at":"{{{Now()}}}"},"ticket_id":"{{{n}}}","event":"created","time":"{{{Now()}}}"}"""),
            6 => ("amazon-connect", "application/json", $$$"""{"detail-type":"Amazon Connect Contact Event","id":"a-{{{n}}}","time":"{{{Now()}}}","detail":{"eventType":"QUEUED","contactId":"c-{{{n}}}","channel":"VOICE","initiationMethod":"INBOUND","queueInfo":{"queueArn":"arn:q/1","enqueueTimestamp":"{{{Now()}}}"} } }"""),
            7 => ("amazon-connect-records", "application/json", $$$"""{"ContactId":"r-{{{n}}}","Channel":"VOICE","InitiationTimestamp":"{{{Now()}}}","DisconnectTimestamp":"{{{Now()}}}","Queue":{"Name":"q","EnqueueTimestamp":"{{{Now()}}}","Duration":3},"Agent":{"Username":"x","ConnectedToAgentTimestamp":"{{{Now()}}}"} }"""),
            _ => (Damage.Pick(random, "zendesk", "zammad", "twilio-voice", "nowhere", "..%2Fown", "helpdesk", "bpi2013"), form, "EventType=x&Sid=1"),
        };
        var body = sent.Type == "application/json" ? Damage.Json(random, sent.Body) : Damage.Text(random, sent.Body);
        var again = random.Next(40) == 0 ? "/again" : ""; // what was spoiled before is tried once more
        return ("adapter", "POST", "/api/v1/adapters/" + sent.Name + again, sent.Type, body, []);
    }

    private static string Event(Random random, int n, int i)
    {
        var which = random.Next(Types.Length);
        return $$"""{"specversion":"1.0","id":"m-{{n}}-{{i}}","source":"/pbx","type":"{{Types[which]}}","time":"{{Now()}}","subject":"{{Subject(which, n)}}","sequence":{{i}},"data":{{Fill(Created[which])}}}""";
    }

    private static string Subject(int which, int n) => Types[which][..Types[which].IndexOf('.', StringComparison.Ordinal)] + $"/F-{n / 8}";

    private static string Fill(string data) => data.Replace("@NOW", Now(), StringComparison.Ordinal).Replace("@LATER", Now(30), StringComparison.Ordinal);

    private static string Now(int minutes = 0) => DateTimeOffset.UtcNow.AddMinutes(minutes).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Path_(Random random, string path) => random.Next(5) switch
    {
        0 => path + "/",
        1 => path + Damage.Pick(random, "/%00", "/%C3%28", "/..%2f", "%", "//", "/%F0%9F%98%80", "?", "?=&=&", "#x", "/" + new string('a', 2_000)),
        2 => path.Replace("/v1/", "/v1//", StringComparison.Ordinal),
        3 => path.ToUpperInvariant(),
        _ => path.Replace("F-1", Damage.Pick(random, "%00", "%2F", "..", "%ED%A0%BD", new string('t', 600), "%20"), StringComparison.Ordinal),
    };

    // Wrong keys of nobody: those of a live id would, as they should, lock its owner out as well.
    private static void Credentials(Random random, List<(string, string)> headers, string key)
    {
        var value = random.Next(30) switch { 0 => null, 1 => "", 2 => "om_live_000000000000" + key[^44..], 3 => "x", 4 => "om_live__", 5 => new string('k', 5_000), _ => key };
        if (value is not null) headers.Add(random.Next(2) == 0 ? ("X-API-Key", value) : ("Authorization", "Bearer " + value));
    }

    private static (string, string) Header(Random random) => random.Next(9) switch
    {
        0 => ("Content-Encoding", Damage.Pick(random, "gzip", "br", "identity", "x")),
        1 => ("Origin", "https://evil.example"),
        2 => ("X-Forwarded-For", "1.2.3.4"),
        3 => ("Cookie", new string('c', 9_000)),
        4 => ("X-Long", new string('x', 40_000)), // more than the server takes in headers
        5 => ("X-Bad", "a\0b"),
        6 => ("Accept-Language", "\u202e,;q=9"),
        7 => ("Range", "bytes=9-1"),
        _ => ("If-Modified-Since", "yesterday"),
    };

    /// <summary>How long the body says it is, and what comes of it.</summary>
    private static (byte[] Framed, bool Answered) Frame(Random random, byte[] body, List<(string, string)> headers)
    {
        static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
        switch (random.Next(24))
        {
            case 0:
                headers.Add(("Content-Length", $"{body.Length + 10}"));
                return (body, false); // cut
            case 1:
                headers.Add(("Transfer-Encoding", "chunked"));
                return ([.. Ascii($"{body.Length / 2:x}\r\n"), .. body.AsSpan(0, body.Length / 2), .. Ascii(body.Length / 2 == 0 ? "" : $"\r\n{body.Length - (body.Length / 2):x}\r\n"), .. body.AsSpan(body.Length / 2), .. Ascii("\r\n0\r\n\r\n")], body.Length > 1);
            case 2:
                headers.Add(("Transfer-Encoding", "chunked"));
                return (Ascii(Damage.Pick(random, "zz\r\n", "-1\r\n", "FFFFFFFFFFFFFFFF\r\n", "5\r\nab", "\r\n\r\n")), false);
            case 3:
                headers.Add(("Content-Length", Damage.Pick(random, "-1", "x", "99999999999999999999", "1, 2", "")));
                return (body, false);
            case 4:
                headers.Add(("Content-Length", $"{body.Length}"));
                headers.Add(("Transfer-Encoding", "chunked"));
                return ([.. Ascii($"{body.Length:x}\r\n"), .. body, .. Ascii("\r\n0\r\n\r\n")], false);
            default:
                if (random.Next(200) == 0) body = [.. body, .. new byte[1_100_000]]; // more than a body may have
                if (body.Length > 0 || random.Next(2) == 0) headers.Add(("Content-Length", $"{body.Length}"));
                return (body, true);
        }
    }
}
