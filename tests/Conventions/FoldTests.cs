using System.Reflection;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Tests.Grains;
using Xunit;

namespace OpsMonitor.Tests.Conventions;

/// <summary>Any event folds in any state of any subject: irregular ones are noted, never thrown.</summary>
public sealed class FoldTests
{
    public static TheoryData<string> Types() => [.. EventTypes.All.Keys];

    [Theory, MemberData(nameof(Types))]
    public void Every_event_folds_on_every_kind_of_subject(string type)
    {
        var data = Sample(EventTypes.All[type]);
        var shard = new Shard(PolicySet.Default, new());
        var at = Story.Ms("09:00:00");
        var n = 0;
        foreach (var kind in Enum.GetValues<SubjectKind>())
        {
            var subject = new Subject(kind, "x-1");
            Event Of(EventData d) => new("/test", $"e-{++n}", type, at + n, subject, -1, null, d, System.Text.Encoding.UTF8.GetBytes($"{n}"));
            shard.Step(new(at + n, [Of(data), Of(data)])); // first in a story, and again
            foreach (var other in EventTypes.All.Values) shard.Step(new(at + n, [Of(Sample(other)), Of(data)]));
        }
        shard.Step(new(Story.Ms("+29 00:00:00"), []));
        Assert.True(Recount.Equals(shard));
        Assert.Equal(n, shard.EventCount);
    }

    private static EventData Sample(Type type)
    {
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.Instance).MaxBy(c => c.GetParameters().Length)!;
        return (EventData)constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p))]);
    }

    private static object? Value(ParameterInfo p)
    {
        var type = Nullable.GetUnderlyingType(p.ParameterType) ?? p.ParameterType;
        if (type == typeof(string)) return p.Name!.EndsWith("At", StringComparison.Ordinal) ? Story.Iso("12:00:00") : "x";
        if (type.IsEnum) return Enum.GetValues(type).GetValue(0);
        if (type == typeof(int)) return 1;
        if (type == typeof(decimal)) return 1.5m;
        if (type == typeof(bool)) return true;
        if (type == typeof(JsonElement)) return JsonSerializer.SerializeToElement(1);
        return type == typeof(IReadOnlyList<string>) ? new[] { "x" } : throw new NotSupportedException(type.Name);
    }
}
