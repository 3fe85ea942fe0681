using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Turns;

/// <summary>The compact table says what a plain dictionary says, also where many would stand in one place, and at the end of its places.</summary>
public sealed class IdentityTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_knows_what_it_took_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        var (table, plain) = (new IdentityTable(), new Dictionary<UInt128, ulong>());
        for (var i = 0; i < 30_000; i++)
        {
            var high = random.Next(20) switch { 0 => 0UL, 1 => ulong.MaxValue, _ => (ulong)random.NextInt64() << 1 };
            var identity = random.Next(4) == 0 && plain.Count > 0 && i % 7 == 0 ? plain.Keys.First() : new UInt128(high, (ulong)random.NextInt64(1, 5_000));
            var expected = plain.TryGetValue(identity, out var known) ? known : (ulong?)null;
            Assert.Equal(expected, table[identity]);
            Assert.Equal(expected, table.Take(identity, (ulong)i));
            plain.TryAdd(identity, (ulong)i);
            if (i % 5_000 == 4_999)
            {
                var copy = table.Copy();
                copy.Take(new(1, 0), 7);
                Assert.Null(table[new(1, 0)]);
                table = i % 2 == 0 ? table : table.Copy();
            }
        }
        Assert.Equal(plain.Count, table.Count);
        Assert.Equal(plain.OrderBy(p => p.Key), table.OrderBy(p => p.Key));
    }
}
