using System.Text;
using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Web.Conversion;
using OpsMonitor.Tests.Web.Hostile;
using OpsMonitor.Web.Conversion;
using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Grains.Events;

/// <summary>There are two ways of reading an event, the quick and the careful. Nobody may be able to tell which was taken.</summary>
public sealed class PlainEventTests
{
    private const int Seed = 20_261_122;

    private static readonly string[] Texts =
    [
        "a", "", "phone", "billing", "2026-03-01T09:00:00.123Z", "2026-03-01T09:00:00+08:00", "2026-03-01T09:00:00", "电话", "客户服务部-甲", "\u0663", "\U0001F600", "a\u0085b", "\u2028", "\uFEFFx", "é", "\u007f",
        new('x', 256), new('x', 257), new('语', 256), new('x', 70), "a/b~c", "0123456789012345", "01234567890123456",
    ];

    private static readonly string[] Odd =
    [
        "null", "true", "false", "0", "7", "-1", "-0", "1.50", "1e2", "1E+2", "1e-400", "01", "1.", ".5", "+1", "2147483647", "2147483648", "99999999999999999999999999999999", "\"\\u0041\"", "\"\\ud83d\"", "\"a\\nb\"", "\"a\nb\"",
        "[]", "[ ]", "{}", "{ }", "[\"a\" , \"b\"]", "[\"a\",null]", "[1]", "[\"a\",]", "[,]", "{\"a\":1,\"b\":[1,{\"c\":2}]}", "{\"b\" : 1 , \"a\":2}", "{\"a\":1,\"a\":2}", "{\"a\" :  1}", "{\"\":1}", "tru", "nullx", "\"unclosed", "{\"a\":}",
        "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "{\"电\":1}", "\" x \"",
    ];

    [Fact]
    public void Every_type_with_fields_of_every_kind_reads_the_same_both_ways()
    {
        var (read, plain) = (0, 0);
        var random = new Random(Seed);
        for (var round = 0; round < 400; round++)
            foreach (var type in EventTypes.All.Keys)
                Count(Encoding.UTF8.GetBytes(Generated(random, type)), ref read, ref plain);
        Assert.InRange(plain, read / 4, read); // else it would prove nothing
        Assert.InRange(read, 5_000, int.MaxValue);
    }

    [Fact]
    public void Spoiled_events_read_the_same_both_ways()
    {
        var (read, plain) = (0, 0);
        var random = new Random(Seed);
        string[] types = [.. EventTypes.All.Keys, "sla.breached", "opsmonitor.ticket.created", "opsmonitor.", "opsmonitor.opsmonitor.x"];
        for (var i = 0; i < 40_000; i++) Count(Damage.Json(random, Generated(random, types[random.Next(types.Length)])), ref read, ref plain);
        Assert.InRange(plain, 500, read);
    }

    [Fact]
    public void Each_end_and_each_byte_of_an_event_reads_the_same_both_ways()
    {
        var good = Encoding.UTF8.GetBytes("""{"specversion":"1.0","id":"e-1","source":"/pbx","type":"ticket.created","time":"2026-03-01T09:00:00.1239+08:00","subject":"ticket/电-1","sequence":"05","x":-1.5e3,"data":{"kind":"complaint","channel":"phone","priority":2,"policy_ids":["a","b"]}} """);
        for (var i = 0; i < good.Length; i++)
        {
            Same(good[..i]);
            foreach (var b in (byte[])[0, 9, 0x1F, (byte)' ', (byte)'"', (byte)'\\', (byte)',', (byte)':', (byte)'}', (byte)']', (byte)'0', (byte)'a', 0x7F, 0x80, 0xC2, 0xE2, 0xF0, 0xFF])
            {
                Same([.. good[..i], b, .. good[(i + 1)..]]);
                Same([.. good[..i], b, .. good[i..]]);
            }
        }
        Same([.. good, .. new byte[70_000].Select(static _ => (byte)' ')]);
        Same([.. Encoding.UTF8.GetBytes("\uFEFF"), .. good]);
    }

    [Theory]
    [InlineData("anonymous-bank", "data/anonymous_bank_feb1999.tsv.gz")]
    [InlineData("uci-incidents", "data/uci_servicenow_incidents.csv.gz")]
    public void Real_logs_read_the_same_both_ways(string converter, string file)
    {
        using var log = SharedLogs.Open(file);
        var (read, plain) = (0, 0);
        foreach (var e in Converters.Find(converter)!.Convert(log, DateTimeZone.Utc).Take(60_000)) Count(CloudEventWriter.ToUtf8(e), ref read, ref plain);
        Assert.InRange(plain, read * 9 / 10, read);
    }

    [Fact]
    public void A_call_centre_of_two_days_reads_the_same_both_ways()
    {
        var (read, plain) = (0, 0);
        var start = Instant.FromUtc(2026, 3, 2, 0, 0);
        foreach (var e in new CallCentre(5, start).Until(start + Duration.FromDays(2))) Count(e.Raw.ToArray(), ref read, ref plain);
        Assert.InRange(plain, read * 9 / 10, read);
    }

    private static void Count(byte[] json, ref int read, ref int plain)
    {
        if (!Same(json)) return;
        read++;
        if (EventReader.ReadPlain(json, out _) is not null) plain++;
    }

    private static bool Same(byte[] json)
    {
        var (careful, quick) = (EventReader.ReadCarefully(json), EventReader.Read(json));
        if (careful.Error == quick.Error && Told(careful.Event) == Told(quick.Event)) return careful.Event is not null;
        Assert.Fail($"{Encoding.UTF8.GetString(json)}\n careful {careful.Error} {Told(careful.Event)}\n quick   {quick.Error} {Told(quick.Event)}");
        return false;
    }

    /// <summary>All of an event, its canonical bytes and its hashes.</summary>
    private static string Told(Event? e) => e is null ? "" : string.Join('|', e.Source, e.Id, e.Type, e.At, e.Subject.Kind, e.Subject.Id, e.Sequence, e.DepartmentId ?? "none", Encoding.UTF8.GetString(e.Raw.Span), EventHash.Of(e),
        e.Data is null ? "no record" : e.Data.GetType().Name + JsonSerializer.Serialize(e.Data, e.Data.GetType(), EventJson.Default));

    private static string Generated(Random random, string type)
    {
        var kind = type.IndexOf('.') is var dot and > 0 && !type.StartsWith("alert.", StringComparison.Ordinal) ? type[..dot] : "ticket";
        if (kind is "sla" or "opsmonitor") kind = "ticket";
        List<(string Name, string Value)> all =
        [
            ("specversion", "\"1.0\""), ("id", Rarely(random) ?? "\"e-1\""), ("source", Rarely(random) ?? "\"/pbx\""), ("type", $"\"{type}\""), ("time", Rarely(random) ?? "\"2026-03-01T09:00:00.1239+08:00\""),
            ("subject", Rarely(random) ?? $"\"{kind}/{(random.Next(3) == 0 ? "甲-1" : "T-1")}\""), ("data", Rarely(random) ?? Data(random, type)),
        ];
        foreach (var more in (string[])["sequence", "departmentid", "datacontenttype", "traceparent", "a", "b", "data_base64", "id"])
            if (random.Next(more is "data_base64" or "id" ? 200 : 6) == 0) all.Add((more, more == "sequence" && random.Next(3) > 0 ? Damage.Pick(random, "5", "\"05\"", "\"\"", "999999999999999999", "9223372036854775807", "\"9223372036854775808\"") : Value(random)));
        return Written(random, all);
    }

    private static string Data(Random random, string type)
    {
        List<(string Name, string Value)> fields = [];
        if (EventTypes.All.TryGetValue(type, out var record))
            foreach (var p in EventJson.Default.GetTypeInfo(record)!.Properties)
                if (p.AssociatedParameter is { HasDefaultValue: false } || random.Next(2) == 0) fields.Add((p.Name, Rarely(random) ?? Fitting(random, p.Name, p.PropertyType)));
        foreach (var more in (string[])["department_id", "until", "due_at", "x", "zz", "customer_ref", "dup"])
            if (random.Next(12) == 0 && !fields.Exists(f => f.Name == more)) fields.Add((more, Value(random)));
        return Written(random, fields);
    }

    private static string Fitting(Random random, string name, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum) return $"\"{JsonNamingPolicy.SnakeCaseLower.ConvertName(Damage.Pick<string>(random, Enum.GetNames(type)))}\"";
        if (type == typeof(int)) return $"{random.Next(-5, 100)}";
        if (type == typeof(decimal)) return Damage.Pick(random, "1.50", "0", "-3", "1e2", "12.345");
        if (type == typeof(bool)) return Damage.Pick(random, "true", "false");
        if (type == typeof(JsonElement)) return Damage.Pick(random, "{\"a\":1,\"b\":[1, 2]}", "5", "\"x\"", "[ ]");
        if (type != typeof(string)) return Damage.Pick(random, "[\"a\",\"b\"]", "[]", "[ \"电话\" ]", "[\"x\", \"a]b\"]");
        return name.EndsWith("_at", StringComparison.Ordinal) || name is "until" or "window_start" or "window_end" ? Damage.Pick(random, "\"2026-03-01T09:00:00.123Z\"", "\"2026-03-01T09:00:00+08:00\"") : Damage.Pick(random, "\"phone\"", "\"电话\"", "\"agent-17\"", "\"\"");
    }

    private static string? Rarely(Random random) => random.Next(60) == 0 ? Value(random) : null;

    private static string Value(Random random) => random.Next(2) == 0 ? $"\"{Damage.Pick<string>(random, Texts)}\"" : Damage.Pick<string>(random, Odd);

    private static string Written(Random random, List<(string Name, string Value)> fields)
    {
        if (random.Next(3) == 0)
        {
            var mixed = fields.ToArray();
            random.Shuffle(mixed);
            fields = [.. mixed];
        }
        if (random.Next(50) == 0 && fields.Count > 0) fields.Add(fields[random.Next(fields.Count)]);
        var loose = random.Next(3) == 0;
        string Space() => loose ? Damage.Pick(random, "", " ", "\n\t", "\r\n  ") : "";
        return $"{Space()}{{{Space()}{string.Join(',', fields.Select(f => $"{Space()}\"{(random.Next(200) == 0 ? $"\\u{(int)f.Name[0]:x4}{f.Name[1..]}" : f.Name)}\"{Space()}:{Space()}{f.Value}{Space()}"))}}}{Space()}";
    }
}
