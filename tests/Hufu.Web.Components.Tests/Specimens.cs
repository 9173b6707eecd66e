using System.Collections;
using System.Reflection;
using Microsoft.AspNetCore.Components;

namespace Hufu.Web.Components.Tests;

/// <summary>
/// Fills the parameters of every component with values of their kinds, texts being what the test wants. A component that is added later is
/// covered without a line here.
/// </summary>
internal static class Specimens
{
    public static IEnumerable<Type> Components => typeof(ComponentTexts).Assembly.GetExportedTypes()
        .Where(type => typeof(IComponent).IsAssignableFrom(type) && !type.IsAbstract && type.Name != "_Imports")
        .Select(type => type.IsGenericTypeDefinition ? type.MakeGenericType(typeof(string)) : type);

    public static Dictionary<string, object?> Parameters(Type component, string text, Func<string, Type, object?>? special = null)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in component.GetProperties())
        {
            if (property.GetCustomAttribute<ParameterAttribute>() is not { CaptureUnmatchedValues: false })
                continue;
            values[property.Name] = special?.Invoke(property.Name, property.PropertyType) ?? Make(property.PropertyType, text, 0);
        }

        return values;
    }

    private static object? Make(Type type, string text, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        // What holds its own kind ends somewhere: with empty lists, not with nothing in them.
        if (depth > 4)
            return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? Array.CreateInstance(type.GetGenericArguments()[0], 0) : null;
        if (type == typeof(string))
            return text;
        if (type == typeof(bool))
            return true;
        if (type == typeof(int))
            return 3;
        if (type == typeof(long))
            return 3L;
        if (type == typeof(double))
            return 3.5;
        if (type == typeof(DateOnly))
            return new DateOnly(2026, 11, 23);
        if (type == typeof(DateTimeOffset))
            return new DateTimeOffset(2026, 11, 23, 14, 5, 9, TimeSpan.FromHours(8));
        if (type == typeof(RenderFragment))
            return (RenderFragment)(builder => builder.AddContent(0, text));
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(Math.Min(1, Enum.GetValues(type).Length - 1));
        if (type.IsGenericType)
        {
            var definition = type.GetGenericTypeDefinition();
            var arguments = type.GetGenericArguments();
            if (definition == typeof(RenderFragment<>))
            {
                var method = typeof(Specimens).GetMethod(nameof(Fragment), BindingFlags.NonPublic | BindingFlags.Static)!;
                return method.MakeGenericMethod(arguments[0]).Invoke(null, [text]);
            }

            if (definition == typeof(Func<,>))
            {
                var method = typeof(Specimens).GetMethod(nameof(Function), BindingFlags.NonPublic | BindingFlags.Static)!;
                return method.MakeGenericMethod(arguments).Invoke(null, [Make(arguments[1], text, depth + 1)]);
            }

            if (definition == typeof(IReadOnlyDictionary<,>))
            {
                var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
                map.Add(Make(arguments[0], text, depth + 1)!, Make(arguments[1], text, depth + 1));
                return map;
            }

            if (typeof(IEnumerable).IsAssignableFrom(type))
            {
                var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(arguments[0]))!;
                for (var i = 0; i < 2; i++)
                    if (Make(arguments[0], text, depth + 1) is { } item) list.Add(item);
                return list;
            }
        }

        if (type.IsClass)
        {
            var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
            var made = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Make(parameter.ParameterType, text, depth + 1))]);
            foreach (var property in type.GetProperties().Where(property => property.SetMethod is not null && constructor.GetParameters().Length == 0))
            {
                if (Make(property.PropertyType, text, depth + 1) is { } value && property.Name is not "Cell")
                    property.SetValue(made, value);
            }

            return made;
        }

        throw new NotSupportedException($"No specimen of {type}.");
    }

    private static RenderFragment<T> Fragment<T>(string text) => _ => builder => builder.AddContent(0, text);

    private static Func<TIn, TOut> Function<TIn, TOut>(object? value) => _ => (TOut)value!;
}
