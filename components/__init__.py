"""The page: draws values and reads inputs. It knows neither torch nor an engine's insides."""
